-- Question: what is the text of these quarantined events, as it came?
-- Grain: one row = one quarantined event. Limits: up to 256 KiB a row (of a platform 2 MiB): the caller bounds them together.
SELECT
    quarantine_id,
    raw
FROM quarantine_v1 FINAL
PREWHERE quarantine_id IN {ids: Array(UInt64)}
ORDER BY quarantine_id
