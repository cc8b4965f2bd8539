-- Question: which events stand at these journal positions?
-- Grain: one row = one accepted event, in journal order. Window: [from, through], both included.
SELECT
    r.seq AS seq,
    r.source AS source,
    r.id AS id,
    r.type AS type,
    toUnixTimestamp64Milli(r.time) AS time,
    toUnixTimestamp64Milli(r.received_at) AS received_at,
    r.data AS data
FROM events_raw_v1 AS r
WHERE r.seq >= {from: UInt64}
    AND r.seq <= {through: UInt64}
ORDER BY seq
