-- Question: how did the cash position move on a past day, minute by minute, as it was known at each of those minutes?
-- Formula: a movement adds from when it is known until a report of its account takes over; a report holds until the next one.
--   The running sum before minute m is the position as of m − 1 ms.
-- Grain: one row a minute in epoch ms, all before the day in the one before it; one currency. Window: all history up to day_end.
-- Limits: reads the ledger's rows: once a day. Wrong way: reading one row as a flow; a report moves the position too.
WITH
    toInt64(toUnixTimestamp({day_start: DateTime('UTC')})) * 1000 - 60000 AS before,
    reports AS
    (
        SELECT
            account,
            time,
            argMax(balance_minor, (source, id)) AS balance_minor
        FROM account_reports_v1
        WHERE currency = {currency: String}
            AND time < {day_end: DateTime('UTC')}
        GROUP BY account, time
    ),
    moves AS
    (
        SELECT
            account,
            time,
            greatest(time, known_from) AS known_from,
            amount_minor
        FROM money_movements_v1
        WHERE measure = 'ledger'
            AND currency = {currency: String}
            AND time < {day_end: DateTime('UTC')}
            AND known_from < {day_end: DateTime('UTC')}
    )
SELECT
    greatest(intDiv(toUnixTimestamp64Milli(tupleElement(step, 1)), 60000) * 60000, before) AS minute,
    sum(tupleElement(step, 2)) AS amount_minor
FROM
(
    SELECT arrayJoin(multiIf(
        r.account = '', [(m.known_from, m.amount_minor)],
        r.time > m.known_from, [(m.known_from, m.amount_minor), (r.time, -m.amount_minor)],
        [])) AS step
    FROM moves AS m
    ASOF LEFT JOIN reports AS r ON r.account = m.account AND r.time >= m.time
    UNION ALL
    SELECT arrayJoin(if(
        n.account = '', [(r.time, r.balance_minor)],
        [(r.time, r.balance_minor), (n.time, -r.balance_minor)])) AS step
    FROM reports AS r
    ASOF LEFT JOIN reports AS n ON n.account = r.account AND n.time > r.time
)
GROUP BY minute
ORDER BY minute
