-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: the open instalments now. Grain: one signed version of one instalment with open_minor > 0; closed ones leave by a row of sign -1.
-- Read: GROUP BY key HAVING sum(sign) > 0, or sum(sign * open_minor). Its size is the number of open things, not of events.
-- It holds dates and amounts, no buckets: what depends on today is decided when read.
CREATE TABLE receivable_state_v1
(
    `currency` LowCardinality(String),
    `customer_id` String,
    `invoice_id` String,
    `number` UInt32,
    `due_date` Date32,
    `kind` LowCardinality(String),
    `order_id` String,
    `issued_time` DateTime64(3, 'UTC'),
    `billed_minor` Int64,
    `credited_minor` Int64,
    `paid_minor` Int64,
    `open_minor` Int64,
    `sign` Int8,
    `seq` UInt64
)
ENGINE = CollapsingMergeTree(sign)
ORDER BY (currency, customer_id, invoice_id, number)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;
