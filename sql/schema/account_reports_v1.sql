-- Dumped by npm run db:dump: change it by a migration.
--
-- Purpose: the bank's own figures. Grain: one account.balance_reported. The last in order (time, source, id) re-bases the account:
-- balance = report + ledger movements with a time after the report's.
CREATE TABLE account_reports_v1
(
    `currency` LowCardinality(String),
    `account` LowCardinality(String),
    `time` DateTime64(3, 'UTC'),
    `source` LowCardinality(String),
    `id` String,
    `balance_minor` Int64,
    `seq` UInt64
)
ENGINE = MergeTree
ORDER BY (currency, account, time, source, id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
