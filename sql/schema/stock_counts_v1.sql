-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: shelf counts. Grain: one stock.counted. Re-bases like account_reports_v1.
CREATE TABLE stock_counts_v1
(
    `sku` String,
    `warehouse` LowCardinality(String),
    `time` DateTime64(3, 'UTC'),
    `source` LowCardinality(String),
    `id` String,
    `quantity` Int64,
    `seq` UInt64
)
ENGINE = MergeTree
ORDER BY (sku, warehouse, time, source, id)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;
