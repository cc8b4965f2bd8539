-- Question: how new was the newest event of each stream at a past moment?
-- Formula: max(time) with time <= as_of. Grain: one row a stream that had happened by then. Window: all history.
-- Limits: reads one column of all raw rows; for the past only. Times in epoch ms.
SELECT
    stream,
    toUnixTimestamp64Milli(max(time)) AS last_time
FROM events_raw_v1
WHERE time <= {as_of: DateTime64(3, 'UTC')}
GROUP BY stream
ORDER BY stream
