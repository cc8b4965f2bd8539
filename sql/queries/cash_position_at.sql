-- Question: what was in each account at a moment?
-- Formula: the last report by then + ledger movements after it; never reported: all movements.
--   Both axes are told: effects with time <= time_to that were known by known_to (the past as it was: both are as_of).
-- Grain: one row a (currency, account). Window: all history up to time_to.
-- Limits: reads the ledger's rows; not for a live tile.
WITH
    reports AS
    (
        SELECT
            currency,
            account,
            max(time) AS report_time,
            argMax(balance_minor, (time, source, id)) AS reported
        FROM account_reports_v1
        WHERE time <= {time_to: DateTime64(3, 'UTC')}
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
    SELECT m.currency AS currency, m.account AS account, m.amount_minor AS amount
    FROM money_movements_v1 AS m
    LEFT JOIN reports AS r ON r.currency = m.currency AND r.account = m.account
    WHERE m.measure = 'ledger'
        AND m.time <= {time_to: DateTime64(3, 'UTC')}
        AND m.known_from <= {known_to: DateTime64(3, 'UTC')}
        AND (r.account = '' OR m.time > r.report_time)
)
GROUP BY currency, account
ORDER BY currency, account
