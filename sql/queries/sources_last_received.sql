-- Question: when did each source last send an event that was stored? The most recent ones first.
-- Grain: one row = one source. Window: all time.
SELECT
    source,
    toUnixTimestamp64Milli(max(received_at)) AS received_ms
FROM events_raw_v1
GROUP BY source
ORDER BY
    received_ms DESC,
    source
LIMIT {most: UInt32}
