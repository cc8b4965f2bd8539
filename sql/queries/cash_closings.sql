-- Question: what was the cash position at each of these moments?
-- Formula: per account the last report by then + ledger movements after it, known by then; never reported: all movements.
-- Grain: one row a moment at which there was an account; one currency. Window: all history up to each moment.
-- Limits: reads the ledger's rows once and weighs each against every moment: a few moments, seldom.
WITH
    ends AS
    (
        SELECT fromUnixTimestamp64Milli(arrayJoin({ends: Array(Int64)}), 'UTC') AS end
    ),
    bases AS
    (
        SELECT
            e.end AS end,
            r.account AS account,
            max(r.time) AS report_time,
            argMax(r.balance_minor, (r.time, r.source, r.id)) AS reported
        FROM account_reports_v1 AS r
        CROSS JOIN ends AS e
        WHERE r.currency = {currency: String}
            AND r.time <= e.end
        GROUP BY end, account
    )
SELECT
    toUnixTimestamp64Milli(closing) AS end_ms,
    sum(amount) AS balance_minor
FROM
(
    SELECT end AS closing, reported AS amount
    FROM bases
    UNION ALL
    SELECT m.end AS closing, m.amount_minor AS amount
    FROM
    (
        SELECT e.end AS end, l.account AS account, l.time AS time, l.amount_minor AS amount_minor
        FROM money_movements_v1 AS l
        CROSS JOIN ends AS e
        WHERE l.measure = 'ledger'
            AND l.currency = {currency: String}
            AND l.known_from <= e.end
    ) AS m
    LEFT JOIN bases AS b ON b.end = m.end AND b.account = m.account
    WHERE b.account = '' OR m.time > b.report_time
)
GROUP BY closing
ORDER BY end_ms
