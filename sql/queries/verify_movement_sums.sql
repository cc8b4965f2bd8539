-- Question: what do the sums by minute and by UTC day hold?
-- Grain: one row = one (measure, currency, grain, start, known_start, account, flow, kind, method). A slice of all: part of parts, by start.
-- Read by: db:verify.
SELECT
    s.measure AS measure,
    s.currency AS currency,
    s.grain AS grain,
    toUnixTimestamp(s.start) * 1000 AS start_ms,
    toUnixTimestamp(s.known_start) * 1000 AS known_start_ms,
    s.account AS account,
    s.flow AS flow,
    s.kind AS kind,
    s.method AS method,
    sum(s.amount_minor) AS amount,
    sum(s.base_minor) AS base,
    sum(s.rows) AS row_count
FROM movement_sums_v1 AS s
WHERE cityHash64(s.start) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
HAVING amount != 0 OR base != 0 OR row_count != 0
ORDER BY measure, currency, grain, start_ms, known_start_ms, account, flow, kind, method
