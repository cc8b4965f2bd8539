-- Question: which movements and reservations of goods does the table hold, retractions taken off?
-- Grain: one row = one effect from one known_from on, whose rows do not cancel. A slice of all: part of parts, by the event behind it.
-- Read by: db:verify. Limits: `seq` is not told: it depends on batch borders.
SELECT
    m.sku AS sku,
    m.warehouse AS warehouse,
    m.bucket AS bucket,
    m.kind AS kind,
    toUnixTimestamp64Milli(m.time) AS time,
    m.entity AS entity,
    m.source AS source,
    m.id AS id,
    toUnixTimestamp64Milli(m.known_from) AS known_from,
    sum(m.quantity) AS units,
    sum(m.sign) AS signs
FROM stock_movements_v1 AS m
WHERE cityHash64(m.source, m.id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
HAVING units != 0 OR signs != 0
ORDER BY source, id, sku, bucket, known_from
