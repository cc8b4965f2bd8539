-- Question: in which ranges of positions does events_by_key_v1 lack events that events_raw_v1 has?
-- Grain: one row = one range of `at_once` positions, by its first. Limits: reads two columns of everything.
WITH
    raw AS
    (
        SELECT intDiv(seq, {at_once: UInt64}) AS range, sum(length(keys)) AS rows
        FROM events_raw_v1
        WHERE seq <= {through: UInt64}
        GROUP BY range
    ),
    keyed AS
    (
        SELECT intDiv(seq, {at_once: UInt64}) AS range, count() AS rows
        FROM events_by_key_v1
        WHERE seq <= {through: UInt64}
        GROUP BY range
    )
SELECT raw.range * {at_once: UInt64} AS first
FROM raw
LEFT JOIN keyed ON raw.range = keyed.range
WHERE raw.rows > keyed.rows
ORDER BY first
