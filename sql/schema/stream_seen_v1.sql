-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: which stream has delivered what currency since when: a figure is empty until one of its streams has delivered.
-- Grain: one row = one (stream, currency), merged. currency '' counts events that carry none.
-- Wrong way: reading without min()/max()/sum() and GROUP BY: parts are merged later.
CREATE TABLE stream_seen_v1
(
    `stream` LowCardinality(String),
    `currency` LowCardinality(String),
    `first_time` SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    `last_time` SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    `events` SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (stream, currency)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192;
