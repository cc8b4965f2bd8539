-- Question: is there a row of quarantine, of whatever version, at these journal positions?
-- Grain: one row.
SELECT count() AS found
FROM quarantine_v1
WHERE quarantine_id BETWEEN {from: UInt64} AND {through: UInt64}
