-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: which payment paid which instalment now. Grain: one signed version of one (payment, instalment); read as sum(sign * amount_minor).
CREATE TABLE payment_allocations_v1
(
    `currency` LowCardinality(String),
    `exists_from` DateTime64(3, 'UTC'),
    `payment_id` String,
    `invoice_id` String,
    `number` UInt32,
    `customer_id` String,
    `due_date` Date32,
    `amount_minor` Int64,
    `sign` Int8,
    `seq` UInt64
)
ENGINE = CollapsingMergeTree(sign)
ORDER BY (currency, exists_from, payment_id, invoice_id, number)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
