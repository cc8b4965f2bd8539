-- Question: which balance reports does the table hold, and how often?
-- Grain: one row = one distinct report: `copies` is 1 where all is well. A slice of all, by the event behind it. Read by: db:verify.
SELECT
    r.currency AS currency,
    r.account AS account,
    toUnixTimestamp64Milli(r.time) AS time,
    r.source AS source,
    r.id AS id,
    r.balance_minor AS balance_minor,
    toInt64(count()) AS copies
FROM account_reports_v1 AS r
WHERE cityHash64(r.source, r.id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
ORDER BY currency, account, time, source, id
