-- Question: how many events wait in quarantine?
-- Grain: one row. One event is one (source, id), however often it was sent. Limits: all rows are read, of small columns.
SELECT uniqExact(source, id) AS events
FROM quarantine_v1 FINAL
WHERE status = 'open'
