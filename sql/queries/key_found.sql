-- Question: does an event stand under one of its keys?
-- Grain: one row.
SELECT count() AS found
FROM events_by_key_v1
WHERE key = {key: String}
    AND seq = {seq: UInt64}
