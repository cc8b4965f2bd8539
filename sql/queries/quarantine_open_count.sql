-- Question: how many events wait in quarantine?
-- Grain: one row. Limits: all rows are read, of three small columns.
SELECT count() AS events
FROM quarantine_v1 FINAL
WHERE status = 'open'
