-- Question: what does the table say that product updates and receipts told, and how often?
-- Grain: one row = one distinct event: `copies` is 1 where all is well. A slice of all, by the event behind it. Read by: db:verify.
SELECT
    p.sku AS sku,
    toUnixTimestamp64Milli(p.time) AS time,
    p.source AS source,
    p.id AS id,
    p.received AS received,
    p.name AS name,
    p.category AS category,
    p.active AS active,
    p.price_minor AS price_minor,
    p.cost_minor AS cost_minor,
    p.unit_cost_minor AS unit_cost_minor,
    p.lead_time_days AS lead_time_days,
    p.reorder_point AS reorder_point,
    toInt64(count()) AS copies
FROM product_facts_v1 AS p
WHERE cityHash64(p.source, p.id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
ORDER BY sku, time, source, id
