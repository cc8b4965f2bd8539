-- Question: what was the state of each kept sku at a past moment, and how fast did it sell?
-- Formula: on hand per (sku, warehouse) = last count + movements after it, without a count all movements; field by field the last
--   fact that carries it; unit cost from product.updated or stock.received, whichever told it last.
-- Grain: one row a sku counted or received by then. Window: known by as_of; velocity (velocity_from, as_of].
-- Limits: reads all movements of goods; for the past only.
WITH
    counts AS
    (
        SELECT
            sku,
            warehouse,
            max(time) AS count_time,
            argMax(quantity, (time, source, id)) AS counted
        FROM stock_counts_v1
        WHERE time <= {as_of: DateTime64(3, 'UTC')}
        GROUP BY sku, warehouse
    ),
    facts AS
    (
        SELECT
            sku,
            max(received) AS was_received,
            argMaxIf(name, (time, source, id), isNotNull(name)) AS last_name,
            argMaxIf(active, (time, source, id), isNotNull(active)) AS last_active,
            argMaxIf(coalesce(unit_cost_minor, cost_minor), (time, source, id), isNotNull(coalesce(unit_cost_minor, cost_minor))) AS last_cost,
            argMaxIf(lead_time_days, (time, source, id), isNotNull(lead_time_days)) AS last_lead_time
        FROM product_facts_v1
        WHERE time <= {as_of: DateTime64(3, 'UTC')}
        GROUP BY sku
    ),
    units AS
    (
        SELECT sku, counted AS on_hand_units, 0 AS reserved_units, 0 AS quarantine_units, 0 AS sold_units, 1 AS was_counted
        FROM counts
        UNION ALL
        SELECT
            m.sku AS sku,
            if(m.bucket = 'on_hand' AND (c.sku = '' OR m.time > c.count_time), m.quantity, 0) AS on_hand_units,
            if(m.bucket = 'reserved', m.quantity, 0) AS reserved_units,
            if(m.bucket = 'quarantine', m.quantity, 0) AS quarantine_units,
            if(m.kind IN ('shipped', 'returned') AND m.time > {velocity_from: DateTime64(3, 'UTC')}, -m.quantity, 0) AS sold_units,
            0 AS was_counted
        FROM stock_movements_v1 AS m
        LEFT JOIN counts AS c ON c.sku = m.sku AND c.warehouse = m.warehouse
        WHERE m.known_from <= {as_of: DateTime64(3, 'UTC')}
            AND m.time <= {as_of: DateTime64(3, 'UTC')}
        UNION ALL
        SELECT sku, 0 AS on_hand_units, 0 AS reserved_units, 0 AS quarantine_units, 0 AS sold_units, 1 AS was_counted
        FROM facts
        WHERE was_received = 1
    )
SELECT
    u.sku AS sku,
    sum(u.on_hand_units) AS on_hand,
    sum(u.reserved_units) AS reserved,
    sum(u.quarantine_units) AS quarantine,
    ifNull(any(f.last_active), 1) AS active,
    any(f.last_name) AS name,
    any(f.last_cost) AS unit_cost_minor,
    any(f.last_lead_time) AS lead_time_days,
    sum(u.sold_units) AS net_units
FROM units AS u
LEFT JOIN facts AS f ON f.sku = u.sku
GROUP BY sku
HAVING max(u.was_counted) = 1
ORDER BY sku
