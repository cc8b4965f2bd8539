-- Purpose: every accepted event, as it came, once.
-- Grain: one row = one accepted event. Written by: the ingest shipper, one insert a batch, under the batch's token.
-- Read by: history look-ups, rebuild, verify, event pages.
-- Duplicates: refused before the journal by (source, id); a repeated batch is dropped by its deduplication token, here and in the views.
-- Wrong way: summing `data` here for a tile; tiles read the derived tables.
CREATE TABLE IF NOT EXISTS events_raw_v1
(
    seq          UInt64 CODEC(Delta, ZSTD(1)),          -- journal position, grows by one per accepted event
    source       LowCardinality(String),
    id           String CODEC(ZSTD(1)),
    type         LowCardinality(String),
    stream       LowCardinality(String),
    time         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    currency     LowCardinality(String),                -- '' where the type carries none
    content_hash UInt64,                                -- of type and data: tells `duplicate` from `duplicate_differs`
    identity     FixedString(16) DEFAULT substring(SHA256(concat(source, '\0', id)), 1, 16),
    keys         Array(String) CODEC(ZSTD(1)),          -- the subjects the event names, see ingest/derive/keys.ts
    data         String CODEC(ZSTD(1)),                 -- canonical JSON of `data`, unknown keys kept
    INDEX identity_idx identity TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY seq
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;

-- Purpose: the events of one subject in one range read, whatever their stream (a payment, an invoice, a customer's invoices …).
-- Grain: one row = one event under one of its keys. Written by: events_by_key_mv_v1. Read by: ingest/derive, drawers, /events of a subject.
-- Wrong way: counting rows here as events: an event stands under each of its keys.
CREATE TABLE IF NOT EXISTS events_by_key_v1
(
    key         String CODEC(ZSTD(1)),
    seq         UInt64,
    source      LowCardinality(String),
    id          String CODEC(ZSTD(1)),
    type        LowCardinality(String),
    time        DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    data        String CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (key, seq)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_by_key_mv_v1 TO events_by_key_v1 AS
SELECT key, seq, source, id, type, time, received_at, data
FROM events_raw_v1
ARRAY JOIN keys AS key;

-- Purpose: which stream has delivered what currency since when: a figure is empty until one of its streams has delivered.
-- Grain: one row = one (stream, currency), merged. currency '' counts events that carry none.
-- Wrong way: reading without min()/max()/sum() and GROUP BY: parts are merged later.
CREATE TABLE IF NOT EXISTS stream_seen_v1
(
    stream     LowCardinality(String),
    currency   LowCardinality(String),
    first_time SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_time  SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    events     SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (stream, currency)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_seen_mv_v1 TO stream_seen_v1 AS
SELECT stream, currency, min(time) AS first_time, max(time) AS last_time, count() AS events
FROM events_raw_v1
GROUP BY stream, currency;

-- Purpose: readable envelopes whose type, data or time we cannot use: kept raw, countable, repairable.
-- Grain: one row = one version of one quarantined event; the highest `version` of a quarantine_id holds.
-- Written by: the ingest shipper. Read by: settings, the quarantine API. Wrong way: without FINAL.
CREATE TABLE IF NOT EXISTS quarantine_v1
(
    quarantine_id UInt64,                               -- journal position of the quarantined record
    source        LowCardinality(String),
    id            String,
    type          String,
    received_at   DateTime64(3, 'UTC'),
    code          LowCardinality(String),
    path          String,
    message       String,
    raw           String CODEC(ZSTD(1)),                -- the bytes as received
    key_id        String,
    status        LowCardinality(String),               -- open, replayed, closed
    version       UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY quarantine_id
SETTINGS non_replicated_deduplication_window = 10000;
