-- Question: which effects on sales does the table hold, retractions taken off?
-- Grain: one row = one effect from one known_from on, whose rows do not cancel. A slice of all: part of parts, by the event behind it.
-- Read by: db:verify. Limits: `seq` is not told: it depends on batch borders.
SELECT
    m.measure AS measure,
    m.currency AS currency,
    toUnixTimestamp64Milli(m.time) AS time,
    m.entity AS entity,
    m.order_id AS order_id,
    m.return_id AS return_id,
    m.source AS source,
    m.id AS id,
    toUnixTimestamp64Milli(m.known_from) AS known_from,
    sum(m.amount_minor) AS amount,
    sum(m.sign) AS signs
FROM sales_movements_v1 AS m
WHERE cityHash64(m.source, m.id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
HAVING amount != 0 OR signs != 0
ORDER BY source, id, measure, known_from
