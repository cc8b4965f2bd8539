-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: what moves or describes money. Grain: one row = one signed effect of one event.
-- measure: ledger (a change of `account`; flow in|out|transfer), pending (change of confirmed-not-available; time = known_from),
--   refund (refunds told by shop or PSP, one movement_id once), fee (amount = fee, base = gross of a settled payment).
-- Read by: the ledger list, the running minute, net sales (refunds with their order). Wrong way: summing without a measure.
CREATE TABLE money_movements_v1
(
    `measure` LowCardinality(String),
    `currency` LowCardinality(String),
    `time` DateTime64(3, 'UTC'),
    `known_from` DateTime64(3, 'UTC'),
    `account` LowCardinality(String),
    `flow` LowCardinality(String),
    `kind` LowCardinality(String),
    `method` LowCardinality(String),
    `amount_minor` Int64,
    `base_minor` Int64,
    `sign` Int8,
    `entity` String,
    `order_id` String,
    `customer_id` String,
    `source` LowCardinality(String),
    `id` String,
    `seq` UInt64
)
ENGINE = MergeTree
ORDER BY (measure, currency, time, account)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
