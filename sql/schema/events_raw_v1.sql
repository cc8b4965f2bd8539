-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: every accepted event, as it came, once.
-- Grain: one row = one accepted event. Written by: the ingest shipper, one insert a batch, under the batch's token.
-- Read by: history look-ups, rebuild, verify, event pages.
-- Duplicates: refused before the journal by (source, id); a repeated batch is dropped by its deduplication token, here and in the views.
-- Wrong way: summing `data` here for a tile; tiles read the derived tables.
CREATE TABLE events_raw_v1
(
    `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
    `source` LowCardinality(String),
    `id` String CODEC(ZSTD(1)),
    `type` LowCardinality(String),
    `stream` LowCardinality(String),
    `time` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `currency` LowCardinality(String),
    `content_hash` UInt64,
    `identity` FixedString(16) DEFAULT substring(SHA256(concat(source, '\0', id)), 1, 16),
    `keys` Array(String) CODEC(ZSTD(1)),
    `data` String CODEC(ZSTD(1)),
    INDEX identity_idx identity TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY seq
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
