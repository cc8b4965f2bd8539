-- Question: what waits in quarantine, or waited there, newest first?
-- Grain: one row = one quarantined event. Limits: at most {limit} rows; of their text only its length, see quarantine_raw.
-- `before` 0, '' and empty lists mean any. Times in epoch ms. Money at stake is without its sign.
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
    stake_minor AS amount_minor,
    stake_currency AS amount_currency,
    length(raw) AS raw_bytes
FROM quarantine_at_stake_v1
WHERE ({status: String} = 'any' OR status = {status: String})
    AND ({code: String} = '' OR code = {code: String})
    AND ({source: String} = '' OR source = {source: String})
    AND (empty({sources: Array(String)}) OR source IN {sources: Array(String)})
    AND ({type: String} = '' OR type = {type: String})
    AND (empty({types: Array(String)}) OR type IN {types: Array(String)})
    AND ({id: String} = '' OR id = {id: String})
    AND (empty({ids: Array(UInt64)}) OR quarantine_id IN {ids: Array(UInt64)})
    AND ({before: UInt64} = 0 OR quarantine_id < {before: UInt64})
ORDER BY quarantine_id DESC
LIMIT {limit: UInt64}
