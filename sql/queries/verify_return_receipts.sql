-- Question: which lines of returned goods does the table hold, and how often?
-- Grain: one row = one distinct line of one return.received; equal lines of one event are counted. A slice of all, by the event behind it.
-- Read by: db:verify.
SELECT
    toUnixTimestamp64Milli(r.time) AS time,
    r.return_id AS return_id,
    r.order_id AS order_id,
    r.sku AS sku,
    r.condition AS condition,
    r.quantity AS quantity,
    r.source AS source,
    r.id AS id,
    toInt64(count()) AS copies
FROM return_receipts_v1 AS r
WHERE cityHash64(r.source, r.id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
ORDER BY time, return_id, sku, source, id
