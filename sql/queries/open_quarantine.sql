-- Question: which rows wait in quarantine, and of which identities?
-- Grain: one row = one row that waits, newest first. Limits: at most {most}.
SELECT
    source,
    id,
    quarantine_id
FROM quarantine_v1 FINAL
WHERE status = 'open'
ORDER BY quarantine_id DESC
LIMIT {most: UInt64}
