-- Question: how many events wait in quarantine for which reason, and how much money is at stake?
-- Formula: of each (source, id) its newest open row: sent several times, it is one event, and its money is there once.
-- Grain: one row a (code, source, currency); currency NULL: what it is about in money is not readable, or more than 2^53 − 1 together.
-- Limits: all open rows are read.
SELECT
    code,
    source,
    if(fits, stake_currency, NULL) AS amount_currency,
    events,
    if(fits, toInt64(total), 0) AS amount_minor
FROM
(
    SELECT
        code,
        source,
        stake_currency,
        count() AS events,
        sum(toInt128(ifNull(stake_minor, 0))) AS total,
        total <= 9007199254740991 AS fits
    FROM
    (
        SELECT
            code,
            source,
            stake_currency,
            stake_minor
        FROM quarantine_at_stake_v1
        WHERE status = 'open'
        ORDER BY quarantine_id DESC
        LIMIT 1 BY source, id
    )
    GROUP BY code, source, stake_currency
)
ORDER BY code, source, amount_currency
LIMIT 10000
