-- Purpose: quarantined events with the money they are about, so that every list and sum reads it in the same way.
-- Grain: one row = one quarantined event as it stands (FINAL is inside). Read by: the quarantine queries.
-- stake_minor: without its sign, read out of `raw` as a JSON number in minor units and in no other way; NULL: not readable.
-- Wrong way: reading it for figures; nothing here is in any of them.
CREATE VIEW IF NOT EXISTS quarantine_at_stake_v1 AS
WITH
    JSONExtractRaw(raw, 'data') AS data,
    JSONExtractString(data, 'currency') AS named,
    code != 'unknown_type' AND match(named, '^[A-Z]{3}$') AS has_currency,
    JSONExtractArrayRaw(data, 'installments') AS instalments,
    JSONExtractArrayRaw(data, 'lines') AS lines,
    multiIf(
        NOT has_currency, NULL,
        JSONType(data, 'amount_minor') IN ('Int64', 'UInt64'), toNullable(abs(JSONExtractFloat(data, 'amount_minor'))),
        notEmpty(instalments) AND arrayAll(i -> JSONType(i, 'amount_minor') IN ('Int64', 'UInt64'), instalments),
            arraySum(i -> JSONExtractFloat(i, 'amount_minor'), instalments),
        notEmpty(lines) AND arrayAll(
            l -> JSONType(l, 'unit_price_minor') IN ('Int64', 'UInt64') AND JSONType(l, 'quantity') IN ('Int64', 'UInt64'), lines),
            arraySum(l -> JSONExtractFloat(l, 'unit_price_minor') * JSONExtractFloat(l, 'quantity'), lines),
        NULL) AS read,
    ifNull(read BETWEEN 0 AND 9007199254740991, 0) AS is_readable
SELECT
    quarantine_id,
    source,
    id,
    type,
    received_at,
    code,
    path,
    message,
    raw,
    key_id,
    status,
    if(is_readable, toInt64(read), NULL) AS stake_minor,
    if(is_readable, named, NULL) AS stake_currency
FROM quarantine_v1 FINAL;
