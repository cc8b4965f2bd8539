-- Question: when did the bank last report each account, what, and by how much did our running balance before it differ?
-- Formula: drift = last report − (the report before it + movements after that one up to the last; none before: all movements).
-- Grain: one row a reported account of one currency. Window: time <= time_to, known by known_to. Limits: reads the ledger's rows.
WITH
    reports AS
    (
        SELECT
            account,
            arrayReverseSort(groupArray((time, source, id, balance_minor))) AS newest_first
        FROM account_reports_v1
        WHERE currency = {currency: String}
            AND time <= {time_to: DateTime64(3, 'UTC')}
        GROUP BY account
    ),
    pairs AS
    (
        SELECT
            account,
            newest_first[1].1 AS report_time,
            newest_first[1].4 AS reported,
            length(newest_first) AS reports,
            newest_first[2].1 AS base_time,
            newest_first[2].4 AS base
        FROM reports
    )
SELECT
    p.account AS account,
    toUnixTimestamp64Milli(any(p.report_time)) AS report_time_ms,
    any(p.reported) AS balance_minor,
    any(p.reported) - any(p.base) - sumIf(m.amount_minor, m.account != '' AND m.time <= p.report_time AND (p.reports = 1 OR m.time > p.base_time)) AS drift_minor
FROM pairs AS p
LEFT JOIN
(
    SELECT account, time, amount_minor
    FROM money_movements_v1
    WHERE measure = 'ledger'
        AND currency = {currency: String}
        AND time <= {time_to: DateTime64(3, 'UTC')}
        AND known_from <= {known_to: DateTime64(3, 'UTC')}
) AS m ON m.account = p.account
GROUP BY account
ORDER BY account
