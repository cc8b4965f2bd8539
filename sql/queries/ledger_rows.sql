-- Question: what are the newest movements and reports of the ledger?
-- Formula: rows that still hold (a retracted row and its opposite cancel out), and the bank's reports.
-- Grain: one row a movement or report of one currency, newest first. Window: time <= time_to, known by known_to; the newest `limit`.
-- Limits: reads the currency's ledger rows. is_report: amount is the reported balance.
SELECT
    toUnixTimestamp64Milli(at) AS time_ms,
    source,
    id,
    kind,
    flow,
    account,
    method,
    amount AS amount_minor,
    entity,
    customer_id,
    is_report
FROM
(
    SELECT
        time AS at,
        source,
        id,
        kind,
        flow,
        account,
        method,
        sum(amount_minor) AS amount,
        entity,
        customer_id,
        0 AS is_report
    FROM money_movements_v1
    WHERE measure = 'ledger'
        AND currency = {currency: String}
        AND time <= {time_to: DateTime64(3, 'UTC')}
        AND known_from <= {known_to: DateTime64(3, 'UTC')}
    GROUP BY time, source, id, kind, flow, account, method, entity, customer_id
    HAVING sum(sign) > 0
    UNION ALL
    SELECT
        time AS at,
        source,
        id,
        'reported' AS kind,
        'report' AS flow,
        account,
        '' AS method,
        balance_minor AS amount,
        '' AS entity,
        '' AS customer_id,
        1 AS is_report
    FROM account_reports_v1
    WHERE currency = {currency: String}
        AND time <= {time_to: DateTime64(3, 'UTC')}
)
ORDER BY at DESC, is_report DESC, source DESC, id DESC, account DESC
LIMIT {limit: UInt32}
