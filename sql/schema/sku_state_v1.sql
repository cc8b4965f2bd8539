-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: each sku now. Grain: one version of one sku; the highest version holds. Recomputed for touched skus after each batch.
-- Wrong way: without FINAL.
CREATE TABLE sku_state_v1
(
    `sku` String,
    `kept` UInt8,
    `active` UInt8,
    `on_hand` Int64,
    `reserved` Int64,
    `quarantine` Int64,
    `name` Nullable(String),
    `unit_cost_minor` Nullable(Int64),
    `lead_time_days` Nullable(Int64),
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY sku
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;
