-- Question: which shelf counts does the table hold, and how often?
-- Grain: one row = one distinct count: `copies` is 1 where all is well. A slice of all, by the event behind it. Read by: db:verify.
SELECT
    c.sku AS sku,
    c.warehouse AS warehouse,
    toUnixTimestamp64Milli(c.time) AS time,
    c.source AS source,
    c.id AS id,
    c.quantity AS quantity,
    toInt64(count()) AS copies
FROM stock_counts_v1 AS c
WHERE cityHash64(c.source, c.id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
ORDER BY sku, warehouse, time, source, id
