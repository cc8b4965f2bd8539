-- Question: which orders came to exist and which were cancelled today so far, by half hour?
-- Formula: per-minute sums of finished minutes + the rows of the running minute. amount = value of the orders, counted = orders.
-- Grain: one row a (measure, currency, slot); slot = half hours since day_start. Window: [day_start, as_of], both included.
-- Limits: the minutes of one day. `minute` is the start of as_of's minute. Everything known counts (live).
SELECT
    measure,
    currency,
    slot,
    sum(amount) AS amount_minor,
    sum(counted) AS counted
FROM
(
    SELECT
        measure,
        currency,
        intDiv(toUnixTimestamp(start) - toUnixTimestamp({day_start: DateTime('UTC')}), 1800) AS slot,
        amount_minor AS amount,
        rows AS counted
    FROM movement_sums_v1
    WHERE measure IN ('order', 'cancelled')
        AND grain = 'minute'
        AND start >= {day_start: DateTime('UTC')}
        AND start < {minute: DateTime('UTC')}
    UNION ALL
    SELECT
        measure,
        currency,
        intDiv(toUnixTimestamp(time) - toUnixTimestamp({day_start: DateTime('UTC')}), 1800) AS slot,
        amount_minor AS amount,
        toInt64(sign) AS counted
    FROM sales_movements_v1
    WHERE measure IN ('order', 'cancelled')
        AND time >= {minute: DateTime('UTC')}
        AND time <= {as_of: DateTime64(3, 'UTC')}
)
GROUP BY measure, currency, slot
ORDER BY measure, currency, slot
