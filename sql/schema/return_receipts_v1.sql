-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: goods received back, by time. Grain: one line of one return.received.
CREATE TABLE return_receipts_v1
(
    `time` DateTime64(3, 'UTC'),
    `return_id` String,
    `order_id` String,
    `sku` String,
    `condition` LowCardinality(String),
    `quantity` Int64,
    `source` LowCardinality(String),
    `id` String,
    `seq` UInt64
)
ENGINE = MergeTree
ORDER BY (time, return_id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
