-- Question: how many events wait in quarantine for which reason, and how much money is at stake?
-- Grain: one row a (code, source, currency); currency NULL: what it is about in money is not readable. Limits: all open rows are read.
WITH
    -- what the event is about in money, read as a JSON number in minor units and in no other way; NULL: not readable
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
    read BETWEEN 0 AND 9007199254740991 AS is_readable
SELECT
    code,
    source,
    if(is_readable, named, NULL) AS amount_currency,
    count() AS events,
    toInt64(least(sum(toInt128(if(is_readable, read, 0.))), toInt128(9007199254740991))) AS amount_minor
FROM quarantine_v1 FINAL
WHERE status = 'open'
GROUP BY code, source, amount_currency
ORDER BY code, source, amount_currency
LIMIT 10000
