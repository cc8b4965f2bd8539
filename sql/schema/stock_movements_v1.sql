-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: what moves goods. Grain: one signed effect on one sku in one warehouse ('' = the default one).
-- bucket: on_hand, quarantine, reserved. kind: received, adjusted, transferred, shipped, returned, damaged, reserved.
-- Read by: sku state, velocity, the sku drawer. Wrong way: on hand = sum(quantity): counts re-base, see stock_counts_v1.
CREATE TABLE stock_movements_v1
(
    `sku` String,
    `warehouse` LowCardinality(String),
    `bucket` LowCardinality(String),
    `kind` LowCardinality(String),
    `time` DateTime64(3, 'UTC'),
    `known_from` DateTime64(3, 'UTC'),
    `quantity` Int64,
    `sign` Int8,
    `entity` String,
    `source` LowCardinality(String),
    `id` String,
    `seq` UInt64
)
ENGINE = MergeTree
ORDER BY (sku, warehouse, time)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;
