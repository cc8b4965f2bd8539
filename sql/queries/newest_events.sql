-- Question: what happened last, for the live feed?
-- Formula: none, the events themselves. Grain: one row an event. Window: positions > after_seq, the newest 50.
-- Limits: 50 rows, by primary key.
SELECT
    seq,
    source,
    id,
    type,
    toUnixTimestamp64Milli(time) AS time_ms,
    toUnixTimestamp64Milli(received_at) AS received_ms,
    data
FROM events_raw_v1
WHERE seq > {after_seq: UInt64}
ORDER BY seq DESC
LIMIT 50
