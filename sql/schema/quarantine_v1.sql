-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: readable envelopes whose type, data or time we cannot use: kept raw, countable, repairable.
-- Grain: one row = one version of one quarantined event; the highest `version` of a quarantine_id holds.
-- Written by: the ingest shipper. Read by: settings, the quarantine API. Wrong way: without FINAL.
CREATE TABLE quarantine_v1
(
    `quarantine_id` UInt64,
    `source` LowCardinality(String),
    `id` String,
    `type` String,
    `received_at` DateTime64(3, 'UTC'),
    `code` LowCardinality(String),
    `path` String,
    `message` String,
    `raw` String CODEC(ZSTD(1)),
    `key_id` String,
    `status` LowCardinality(String),
    `version` UInt64,
    `closed_at` Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY quarantine_id
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192;
