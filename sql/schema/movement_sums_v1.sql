-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: sums of the movements above by minute and by UTC day, so that tiles cost the same at any history.
-- grain 'minute': start and known_start are minutes. grain 'day': start is a UTC day, known_start equals start (live use only).
-- measure: those of money and sales movements, and units_shipped, units_returned (dims empty, amount = units).
-- Wrong way: reading without sum(); mixing grains.
CREATE TABLE movement_sums_v1
(
    `measure` LowCardinality(String),
    `currency` LowCardinality(String),
    `grain` LowCardinality(String),
    `start` DateTime('UTC'),
    `known_start` DateTime('UTC'),
    `account` LowCardinality(String),
    `flow` LowCardinality(String),
    `kind` LowCardinality(String),
    `method` LowCardinality(String),
    `amount_minor` Int64,
    `base_minor` Int64,
    `rows` Int64
)
ENGINE = SummingMergeTree((amount_minor, base_minor, rows))
ORDER BY (measure, currency, grain, start, known_start, account, flow, kind, method)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
