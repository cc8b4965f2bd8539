-- Question: what is the newest event time in each stream?
-- Grain: one row = one stream that has delivered. Window: all time.
SELECT
    stream,
    toUnixTimestamp64Milli(max(last_time)) AS watermark
FROM stream_seen_v1
GROUP BY stream
ORDER BY stream
