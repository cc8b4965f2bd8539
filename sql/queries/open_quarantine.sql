-- Question: which identities wait in quarantine?
-- Grain: one row = one identity with an open row. Limits: at most {most}.
SELECT DISTINCT
    source,
    id
FROM quarantine_v1 FINAL
WHERE status = 'open'
ORDER BY source, id
LIMIT {most: UInt64}
