-- Dumped by npm run db:dump: change it by a migration.
CREATE MATERIALIZED VIEW stream_seen_mv_v1 TO stream_seen_v1
(
    `stream` LowCardinality(String),
    `currency` LowCardinality(String),
    `first_time` DateTime64(3, 'UTC'),
    `last_time` DateTime64(3, 'UTC'),
    `events` UInt64
)
AS SELECT
    stream,
    currency,
    min(time) AS first_time,
    max(time) AS last_time,
    count() AS events
FROM events_raw_v1
GROUP BY
    stream,
    currency;
