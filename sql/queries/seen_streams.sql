-- Question: which stream has delivered what currency, since when, and how new is its newest event?
-- Formula: min and max of event time. Grain: one row a (stream, currency); currency '' = events that carry none.
-- Window: all. Limits: as many rows as streams × currencies. Times in epoch ms.
SELECT
    stream,
    currency,
    toUnixTimestamp64Milli(min(first_time)) AS first_time,
    toUnixTimestamp64Milli(max(last_time)) AS last_time
FROM stream_seen_v1
GROUP BY stream, currency
ORDER BY stream, currency
