-- Question: which events wait in quarantine, or waited there, newest first?
-- Grain: one row = one quarantined event. Limits: at most {limit} rows; what is told of them is quarantine_rows', which reads their texts.
-- `before` 0, '' and empty lists mean any.
SELECT
    quarantine_id,
    status,
    length(raw) AS raw_bytes
FROM quarantine_v1 FINAL
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
