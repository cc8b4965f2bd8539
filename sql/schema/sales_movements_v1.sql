-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: sales facts. Grain: one signed effect. measure: order (time = it came to exist; amount = its value),
--   cancelled (time = the cancellation; amount = the order's value), credit (invoice.credited with reason return; entity = invoice_id).
CREATE TABLE sales_movements_v1
(
    `measure` LowCardinality(String),
    `currency` LowCardinality(String),
    `time` DateTime64(3, 'UTC'),
    `known_from` DateTime64(3, 'UTC'),
    `amount_minor` Int64,
    `sign` Int8,
    `entity` String,
    `order_id` String,
    `return_id` String,
    `source` LowCardinality(String),
    `id` String,
    `seq` UInt64
)
ENGINE = MergeTree
ORDER BY (measure, currency, time)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
