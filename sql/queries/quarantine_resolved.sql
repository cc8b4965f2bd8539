-- Question: how many quarantined events were resolved since a moment, for which reason they had waited and from which source?
-- Formula: of each (source, id) its newest row: sent several times, it was one event. Grain: one row a (code, source).
-- Window: [since, now). Limits: what was closed before `closed_at` was recorded is not counted.
SELECT
    code,
    source,
    count() AS events
FROM
(
    SELECT
        code,
        source
    FROM quarantine_v1 FINAL
    WHERE status = 'closed'
        AND closed_at >= fromUnixTimestamp64Milli({since: Int64})
    ORDER BY quarantine_id DESC
    LIMIT 1 BY source, id
)
GROUP BY code, source
ORDER BY code, source
LIMIT 10000
