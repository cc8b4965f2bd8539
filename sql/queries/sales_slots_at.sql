-- Question: which orders had come to exist and been cancelled on the day of a past moment, by half hour?
-- Formula: rows with known_from <= as_of. amount = value of the orders, counted = orders.
-- Grain: one row a (measure, currency, slot); slot = half hours since day_start. Window: [day_start, as_of], both included.
-- Limits: the rows of one day.
SELECT
    measure,
    currency,
    intDiv(toUnixTimestamp(time) - toUnixTimestamp({day_start: DateTime('UTC')}), 1800) AS slot,
    sum(amount_minor) AS amount_minor,
    sum(toInt64(sign)) AS counted
FROM sales_movements_v1
WHERE measure IN ('order', 'cancelled')
    AND time >= {day_start: DateTime('UTC')}
    AND time <= {as_of: DateTime64(3, 'UTC')}
    AND known_from <= {as_of: DateTime64(3, 'UTC')}
GROUP BY measure, currency, slot
ORDER BY measure, currency, slot
