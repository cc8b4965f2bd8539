-- Question: which subject keys have a past at all?
-- Grain: one row = one key. Limits: at most {most}; a caller that gets {most} rows has not got them all.
SELECT DISTINCT key
FROM events_by_key_v1
LIMIT {most: UInt64}
