-- Question: what are these skus' quantities, standing and cost now?
-- Formula: per (sku, warehouse) the last count in order + on-hand movements with a time after it; without a count all of them. Summed over warehouses.
-- Grain: one row = one asked sku that any table knows; quantities as text, they may exceed 2^53. `counted`: (warehouse, its last count);
-- `cost_from`: the event that told the received cost. Tables by name, so that a rebuild can ask its shadow tables.
WITH
    counted AS
    (
        SELECT
            sku,
            warehouse,
            argMax(quantity, (time, source, id)) AS quantity_counted,
            max(time) AS counted_at
        FROM {counts: Identifier}
        WHERE sku IN {skus: Array(String)}
        GROUP BY sku, warehouse
    ),
    moved AS
    (
        SELECT
            m.sku AS sku,
            sumIf(m.quantity, m.bucket = 'on_hand' AND (c.sku = '' OR m.time > c.counted_at)) AS on_hand_moved,
            sumIf(m.quantity, m.bucket = 'quarantine') AS quarantine,
            sumIf(m.quantity, m.bucket = 'reserved') AS reserved
        FROM {movements: Identifier} AS m
        LEFT JOIN counted AS c ON m.sku = c.sku AND m.warehouse = c.warehouse
        WHERE m.sku IN {skus: Array(String)}
        GROUP BY m.sku
    ),
    told AS
    (
        SELECT
            sku,
            max(received) AS was_received,
            argMaxIf(active, (time, source, id), active IS NOT NULL) AS last_active,
            argMaxIf(name, (time, source, id), name IS NOT NULL) AS last_name,
            argMaxIf(cost_minor, (time, source, id), cost_minor IS NOT NULL) AS last_cost,
            argMaxIf(unit_cost_minor, (time, source, id), unit_cost_minor IS NOT NULL) AS last_unit_cost,
            maxIf((time, source, id), unit_cost_minor IS NOT NULL) AS last_unit_cost_at,
            if(
                last_unit_cost IS NULL,
                [],
                [CAST(
                    (toUnixTimestamp64Milli(last_unit_cost_at.1), last_unit_cost_at.2, last_unit_cost_at.3),
                    'Tuple(time Int64, source String, id String)'
                )]
            ) AS cost_from,
            argMaxIf(lead_time_days, (time, source, id), lead_time_days IS NOT NULL) AS last_lead_time
        FROM {facts: Identifier}
        WHERE sku IN {skus: Array(String)}
        GROUP BY sku
    ),
    counted_sku AS
    (
        SELECT
            sku,
            sum(quantity_counted) AS on_hand_counted,
            groupArray((warehouse, toUnixTimestamp64Milli(counted_at))) AS counted
        FROM counted
        GROUP BY sku
    ),
    asked AS
    (
        SELECT arrayJoin({skus: Array(String)}) AS sku
    )
SELECT
    a.sku AS sku,
    toUInt8(c.sku != '' OR t.was_received = 1) AS kept,
    toUInt8(ifNull(t.last_active, 1)) AS active,
    toString(toInt64(c.on_hand_counted + m.on_hand_moved)) AS on_hand,
    toString(toInt64(m.reserved)) AS reserved,
    toString(toInt64(m.quarantine)) AS quarantine,
    t.last_name AS name,
    ifNull(t.last_unit_cost, t.last_cost) AS unit_cost_minor,
    t.last_lead_time AS lead_time_days,
    c.counted AS counted,
    t.cost_from AS cost_from
FROM asked AS a
LEFT JOIN counted_sku AS c ON a.sku = c.sku
LEFT JOIN moved AS m ON a.sku = m.sku
LEFT JOIN told AS t ON a.sku = t.sku
ORDER BY sku
