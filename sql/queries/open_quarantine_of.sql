-- Question: which rows of these identities wait in quarantine?
-- Grain: one row = one row that waits. `identities`: source and id with a space between, which no source has within it.
-- Limits: all rows are read, of small columns.
SELECT quarantine_id
FROM quarantine_v1 FINAL
WHERE status = 'open'
    AND concat(source, ' ', id) IN {identities: Array(String)}
ORDER BY quarantine_id
