-- The derived tables. All of them are rebuilt from events_raw_v1 by `npm run db:rebuild` with the same result.
--
-- Movements are signed rows on two time axes: `time` is when the effect counts, `known_from` the time of the event from which on it
-- holds (never before `time`). A revision or a late cause retracts a row by an equal row of the opposite sign. So
--   live figure  = sum over all rows,
--   figure as_of = sum over rows with known_from <= as_of.
-- Amounts are already signed: never multiply by `sign` again; `sign` counts rows.

-- Purpose: what moves or describes money. Grain: one row = one signed effect of one event.
-- measure: ledger (a change of `account`; flow in|out|transfer), pending (change of confirmed-not-available; time = known_from),
--   refund (refunds told by shop or PSP, one movement_id once), fee (amount = fee, base = gross of a settled payment).
-- Read by: the ledger list, the running minute, net sales (refunds with their order). Wrong way: summing without a measure.
CREATE TABLE IF NOT EXISTS money_movements_v1
(
    measure      LowCardinality(String),
    currency     LowCardinality(String),
    time         DateTime64(3, 'UTC'),
    known_from   DateTime64(3, 'UTC'),
    account      LowCardinality(String),
    flow         LowCardinality(String),
    kind         LowCardinality(String),                -- settled, moved, payout_sent, payout_returned, refunded, reversed, reinstated, confirmed
    method       LowCardinality(String),
    amount_minor Int64,
    base_minor   Int64,
    sign         Int8,
    entity       String,                                -- payment_id, payout_id, return_id, or '' (account.moved)
    order_id     String,
    customer_id  String,
    source       LowCardinality(String),
    id           String,                                -- with source: the event behind the effect
    seq          UInt64                                 -- last journal position of the batch that wrote it
)
ENGINE = MergeTree
ORDER BY (measure, currency, time, account)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;

-- Purpose: sales facts. Grain: one signed effect. measure: order (time = it came to exist; amount = its value),
--   cancelled (time = the cancellation; amount = the order's value), credit (invoice.credited with reason return; entity = invoice_id).
CREATE TABLE IF NOT EXISTS sales_movements_v1
(
    measure      LowCardinality(String),
    currency     LowCardinality(String),
    time         DateTime64(3, 'UTC'),
    known_from   DateTime64(3, 'UTC'),
    amount_minor Int64,
    sign         Int8,
    entity       String,
    order_id     String,
    return_id    String,
    source       LowCardinality(String),
    id           String,
    seq          UInt64
)
ENGINE = MergeTree
ORDER BY (measure, currency, time)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;

-- Purpose: what moves goods. Grain: one signed effect on one sku in one warehouse ('' = the default one).
-- bucket: on_hand, quarantine, reserved. kind: received, adjusted, transferred, shipped, returned, damaged, reserved.
-- Read by: sku state, velocity, the sku drawer. Wrong way: on hand = sum(quantity): counts re-base, see stock_counts_v1.
CREATE TABLE IF NOT EXISTS stock_movements_v1
(
    sku        String,
    warehouse  LowCardinality(String),
    bucket     LowCardinality(String),
    kind       LowCardinality(String),
    time       DateTime64(3, 'UTC'),
    known_from DateTime64(3, 'UTC'),
    quantity   Int64,
    sign       Int8,
    entity     String,
    source     LowCardinality(String),
    id         String,
    seq        UInt64
)
ENGINE = MergeTree
ORDER BY (sku, warehouse, time)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;

-- Purpose: goods received back, by time. Grain: one line of one return.received.
CREATE TABLE IF NOT EXISTS return_receipts_v1
(
    time      DateTime64(3, 'UTC'),
    return_id String,
    order_id  String,
    sku       String,
    condition LowCardinality(String),
    quantity  Int64,
    source    LowCardinality(String),
    id        String,
    seq       UInt64
)
ENGINE = MergeTree
ORDER BY (time, return_id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;

-- Purpose: sums of the movements above by minute and by UTC day, so that tiles cost the same at any history.
-- grain 'minute': start and known_start are minutes. grain 'day': start is a UTC day, known_start equals start (live use only).
-- measure: those of money and sales movements, and units_shipped, units_returned (dims empty, amount = units).
-- Wrong way: reading without sum(); mixing grains.
CREATE TABLE IF NOT EXISTS movement_sums_v1
(
    measure      LowCardinality(String),
    currency     LowCardinality(String),
    grain        LowCardinality(String),
    start        DateTime('UTC'),
    known_start  DateTime('UTC'),
    account      LowCardinality(String),
    flow         LowCardinality(String),
    kind         LowCardinality(String),
    method       LowCardinality(String),
    amount_minor Int64,
    base_minor   Int64,
    rows         Int64
)
ENGINE = SummingMergeTree((amount_minor, base_minor, rows))
ORDER BY (measure, currency, grain, start, known_start, account, flow, kind, method)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;

-- Purpose: the bank's own figures. Grain: one account.balance_reported. The last in order (time, source, id) re-bases the account:
-- balance = report + ledger movements with a time after the report's.
CREATE TABLE IF NOT EXISTS account_reports_v1
(
    currency      LowCardinality(String),
    account       LowCardinality(String),
    time          DateTime64(3, 'UTC'),
    source        LowCardinality(String),
    id            String,
    balance_minor Int64,
    seq           UInt64
)
ENGINE = MergeTree
ORDER BY (currency, account, time, source, id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;

-- Purpose: shelf counts. Grain: one stock.counted. Re-bases like account_reports_v1.
CREATE TABLE IF NOT EXISTS stock_counts_v1
(
    sku       String,
    warehouse LowCardinality(String),
    time      DateTime64(3, 'UTC'),
    source    LowCardinality(String),
    id        String,
    quantity  Int64,
    seq       UInt64
)
ENGINE = MergeTree
ORDER BY (sku, warehouse, time, source, id)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;

-- Purpose: what product.updated and stock.received tell about a sku, field by field (NULL = not told).
-- Grain: one event. The last in order that carries a field wins. received = 1 keeps the sku.
CREATE TABLE IF NOT EXISTS product_facts_v1
(
    sku            String,
    time           DateTime64(3, 'UTC'),
    source         LowCardinality(String),
    id             String,
    received       UInt8,
    name           Nullable(String),
    category       Nullable(String),
    active         Nullable(UInt8),
    price_minor    Nullable(Int64),
    cost_minor     Nullable(Int64),                     -- product.updated
    unit_cost_minor Nullable(Int64),                    -- stock.received
    lead_time_days Nullable(Int64),
    reorder_point  Nullable(Int64),
    seq            UInt64
)
ENGINE = MergeTree
ORDER BY (sku, time, source, id)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;

-- Purpose: each sku now. Grain: one version of one sku; the highest version holds. Recomputed for touched skus after each batch.
-- Wrong way: without FINAL.
CREATE TABLE IF NOT EXISTS sku_state_v1
(
    sku            String,
    kept           UInt8,                               -- was counted or received: only then is its quantity known
    active         UInt8,
    on_hand        Int64,
    reserved       Int64,
    quarantine     Int64,
    name           Nullable(String),
    unit_cost_minor Nullable(Int64),
    lead_time_days Nullable(Int64),
    version        UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY sku
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;

-- Purpose: the open instalments now. Grain: one signed version of one instalment with open_minor > 0; closed ones leave by a row of sign -1.
-- Read: GROUP BY key HAVING sum(sign) > 0, or sum(sign * open_minor). Its size is the number of open things, not of events.
-- It holds dates and amounts, no buckets: what depends on today is decided when read.
CREATE TABLE IF NOT EXISTS receivable_state_v1
(
    currency       LowCardinality(String),
    customer_id    String,
    invoice_id     String,
    number         UInt32,
    due_date       Date32,
    kind           LowCardinality(String),              -- sale, agreement
    order_id       String,
    issued_time    DateTime64(3, 'UTC'),
    billed_minor   Int64,
    credited_minor Int64,
    paid_minor     Int64,
    open_minor     Int64,
    sign           Int8,
    seq            UInt64
)
ENGINE = CollapsingMergeTree(sign)
ORDER BY (currency, customer_id, invoice_id, number)
SETTINGS index_granularity = 512, non_replicated_deduplication_window = 10000;

-- Purpose: which payment paid which instalment now. Grain: one signed version of one (payment, instalment); read as sum(sign * amount_minor).
CREATE TABLE IF NOT EXISTS payment_allocations_v1
(
    currency     LowCardinality(String),
    exists_from  DateTime64(3, 'UTC'),
    payment_id   String,
    invoice_id   String,
    number       UInt32,
    customer_id  String,                                -- of the invoice
    due_date     Date32,
    amount_minor Int64,
    sign         Int8,
    seq          UInt64
)
ENGINE = CollapsingMergeTree(sign)
ORDER BY (currency, exists_from, payment_id, invoice_id, number)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
