-- Question: what waits in quarantine, or waited there, newest first?
-- Grain: one row = one quarantined event. Limits: at most {limit} rows, each up to 256 KiB when {with_raw}.
-- `before` 0, '' and empty lists mean any. Times in epoch ms. Money at stake is without its sign.
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
    quarantine_id,
    source,
    id,
    type,
    toUnixTimestamp64Milli(received_at) AS received_ms,
    code,
    path,
    message,
    key_id,
    status,
    if(is_readable, toInt64(read), NULL) AS amount_minor,
    if(is_readable, named, NULL) AS amount_currency,
    if({with_raw: Bool}, toNullable(raw), NULL) AS raw_text
FROM quarantine_v1 FINAL
WHERE ({status: String} = 'any' OR status = {status: String})
    AND ({code: String} = '' OR code = {code: String})
    AND ({source: String} = '' OR source = {source: String})
    AND (empty({sources: Array(String)}) OR source IN {sources: Array(String)})
    AND ({type: String} = '' OR type = {type: String})
    AND ({id: String} = '' OR id = {id: String})
    AND (empty({ids: Array(UInt64)}) OR quarantine_id IN {ids: Array(UInt64)})
    AND ({before: UInt64} = 0 OR quarantine_id < {before: UInt64})
ORDER BY quarantine_id DESC
LIMIT {limit: UInt64}
