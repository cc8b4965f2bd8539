-- Question: which events stand under these subject keys?
-- Formula: none, the events themselves, each once. Grain: one row an event. Window: time <= known_to (live: the end of time).
-- Limits: the histories of the keys, by primary key; the caller bounds the number of keys.
SELECT
    seq,
    any(source) AS source,
    any(id) AS id,
    any(type) AS type,
    toUnixTimestamp64Milli(any(time)) AS time_ms,
    toUnixTimestamp64Milli(any(received_at)) AS received_ms,
    any(data) AS data
FROM events_by_key_v1
WHERE key IN {keys: Array(String)}
    AND events_by_key_v1.time <= {known_to: DateTime64(3, 'UTC')}
GROUP BY seq
ORDER BY seq
