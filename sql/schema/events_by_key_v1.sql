-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: the events of one subject in one range read, whatever their stream (a payment, an invoice, a customer's invoices …).
-- Grain: one row = one event under one of its keys. Written by: events_by_key_mv_v1. Read by: ingest/derive, drawers, /events of a subject.
-- Wrong way: counting rows here as events: an event stands under each of its keys.
CREATE TABLE events_by_key_v1
(
    `key` String CODEC(ZSTD(1)),
    `seq` UInt64,
    `source` LowCardinality(String),
    `id` String CODEC(ZSTD(1)),
    `type` LowCardinality(String),
    `time` DateTime64(3, 'UTC'),
    `received_at` DateTime64(3, 'UTC'),
    `data` String CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (key, seq)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;
