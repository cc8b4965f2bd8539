-- Question: what is in each account now?
-- Formula: the last report (time, source, id) + ledger movements with a time after it; never reported: all movements.
--   Days after the report's day + minutes after the report's minute in its day + rows after it in its minute.
-- Grain: one row a (currency, account). Window: all history, everything known (live).
-- Limits: reports, days × accounts, one day of minutes and one minute of rows a report. UTC days.
WITH
    reports AS
    (
        SELECT
            currency,
            account,
            max(time) AS report_time,
            argMax(balance_minor, (time, source, id)) AS reported
        FROM account_reports_v1
        GROUP BY currency, account
    )
SELECT
    currency,
    account,
    sum(amount) AS balance_minor
FROM
(
    SELECT currency, account, reported AS amount
    FROM reports
    UNION ALL
    SELECT s.currency AS currency, s.account AS account, s.amount_minor AS amount
    FROM movement_sums_v1 AS s
    LEFT JOIN reports AS r ON r.currency = s.currency AND r.account = s.account
    WHERE s.measure = 'ledger'
        AND s.grain = 'day'
        AND (r.account = '' OR s.start > toStartOfDay(r.report_time))
    UNION ALL
    SELECT s.currency AS currency, s.account AS account, s.amount_minor AS amount
    FROM movement_sums_v1 AS s
    INNER JOIN reports AS r ON r.currency = s.currency AND r.account = s.account
    WHERE s.measure = 'ledger'
        AND s.grain = 'minute'
        AND toDate(s.start) IN (SELECT toDate(report_time) FROM reports)
        AND toDate(s.start) = toDate(r.report_time)
        AND s.start > toStartOfMinute(r.report_time)
    UNION ALL
    SELECT m.currency AS currency, m.account AS account, m.amount_minor AS amount
    FROM money_movements_v1 AS m
    INNER JOIN reports AS r ON r.currency = m.currency AND r.account = m.account
    WHERE m.measure = 'ledger'
        AND toStartOfMinute(m.time) IN (SELECT toStartOfMinute(report_time) FROM reports)
        AND toStartOfMinute(m.time) = toStartOfMinute(r.report_time)
        AND m.time > r.report_time
)
GROUP BY currency, account
ORDER BY currency, account
