-- Question: what has each stream delivered in each currency, since when and until when, by the view?
-- Grain: one row = one (stream, currency); '' = events without one. Read by: db:verify.
SELECT
    s.stream AS stream,
    s.currency AS currency,
    toUnixTimestamp64Milli(min(s.first_time)) AS first_seen,
    toUnixTimestamp64Milli(max(s.last_time)) AS last_seen,
    sum(s.events) AS event_count
FROM stream_seen_v1 AS s
GROUP BY s.stream, s.currency
ORDER BY stream, currency
