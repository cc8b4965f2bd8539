-- Question: what does the state table say of each sku?
-- Grain: one row = one sku, its highest version. A slice of all, by sku. Read by: db:verify.
SELECT
    s.sku AS sku,
    s.kept AS kept,
    s.active AS active,
    s.on_hand AS on_hand,
    s.reserved AS reserved,
    s.quarantine AS quarantine,
    s.name AS name,
    s.unit_cost_minor AS unit_cost_minor,
    s.lead_time_days AS lead_time_days,
    toInt64(1) AS versions
FROM sku_state_v1 AS s FINAL
WHERE cityHash64(s.sku) % {parts: UInt32} = {part: UInt32}
ORDER BY sku
