-- Question: what is the highest journal position ClickHouse knows, of whatever journal?
-- Grain: one row.
SELECT greatest(
    (SELECT max(seq) FROM events_raw_v1),
    (SELECT max(quarantine_id) FROM quarantine_v1)
) AS position
