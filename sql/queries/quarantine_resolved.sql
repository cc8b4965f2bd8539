-- Question: how many quarantined events were resolved since a moment, for which reason they had waited and from which source?
-- Grain: one row a (code, source). Window: [since, now). Limits: what was closed before `closed_at` was recorded is not counted.
SELECT
    code,
    source,
    count() AS events
FROM quarantine_v1 FINAL
WHERE status = 'closed'
    AND closed_at >= fromUnixTimestamp64Milli({since: Int64})
GROUP BY code, source
ORDER BY code, source
LIMIT 10000
