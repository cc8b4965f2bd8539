-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: what product.updated and stock.received tell about a sku, field by field (NULL = not told).
-- Grain: one event. The last in order that carries a field wins. received = 1 keeps the sku.
CREATE TABLE product_facts_v1
(
    `sku` String,
    `time` DateTime64(3, 'UTC'),
    `source` LowCardinality(String),
    `id` String,
    `received` UInt8,
    `name` Nullable(String),
    `category` Nullable(String),
    `active` Nullable(UInt8),
    `price_minor` Nullable(Int64),
    `cost_minor` Nullable(Int64),
    `unit_cost_minor` Nullable(Int64),
    `lead_time_days` Nullable(Int64),
    `reorder_point` Nullable(Int64),
    `seq` UInt64
)
ENGINE = MergeTree
ORDER BY (sku, time, source, id)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;
