-- Question: what is the state of each kept sku now, and how fast does it sell?
-- Formula: velocity = net units shipped less saleable returns since velocity_from; value at the latest known unit cost is the caller's.
-- Grain: one row a kept sku. Window: now; velocity (velocity_from, as_of]. Limits: one state row a sku, the movements' times; a list only.
SELECT
    s.sku AS sku,
    s.on_hand AS on_hand,
    s.reserved AS reserved,
    s.quarantine AS quarantine,
    s.active AS active,
    s.name AS name,
    s.unit_cost_minor AS unit_cost_minor,
    s.lead_time_days AS lead_time_days,
    v.units AS net_units
FROM
(
    SELECT sku, on_hand, reserved, quarantine, active, name, unit_cost_minor, lead_time_days
    FROM sku_state_v1 FINAL
    WHERE kept = 1
) AS s
LEFT JOIN
(
    SELECT sku, -sum(quantity) AS units
    FROM stock_movements_v1
    WHERE kind IN ('shipped', 'returned')
        AND time > {velocity_from: DateTime64(3, 'UTC')}
        AND time <= {as_of: DateTime64(3, 'UTC')}
    GROUP BY sku
) AS v ON v.sku = s.sku
ORDER BY sku
