-- Dumped by npm run db:dump: change it by a migration.
CREATE MATERIALIZED VIEW events_by_key_mv_v1 TO events_by_key_v1
(
    `key` String,
    `seq` UInt64,
    `source` LowCardinality(String),
    `id` String,
    `type` LowCardinality(String),
    `time` DateTime64(3, 'UTC'),
    `received_at` DateTime64(3, 'UTC'),
    `data` String
)
AS SELECT
    key,
    seq,
    source,
    id,
    type,
    time,
    received_at,
    data
FROM events_raw_v1
ARRAY JOIN keys AS key;
