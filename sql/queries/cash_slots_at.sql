-- Question: what had moved in the ledger and been refunded on the day of a past moment, by half hour?
-- Formula: rows with known_from <= as_of. Amounts are signed (in > 0, out < 0); refunds > 0.
-- Grain: one row a (measure, currency, flow, slot); slot = half hours since day_start. Window: [day_start, as_of], both included.
-- Limits: the rows of one day.
SELECT
    measure,
    currency,
    flow,
    intDiv(toUnixTimestamp(time) - toUnixTimestamp({day_start: DateTime('UTC')}), 1800) AS slot,
    sum(amount_minor) AS amount_minor,
    sum(toInt64(sign)) AS counted
FROM money_movements_v1
WHERE measure IN ('ledger', 'refund')
    AND time >= {day_start: DateTime('UTC')}
    AND time <= {as_of: DateTime64(3, 'UTC')}
    AND known_from <= {as_of: DateTime64(3, 'UTC')}
GROUP BY measure, currency, flow, slot
ORDER BY measure, currency, flow, slot
