-- Question: how much of the day's sales was given back, beside cancelled orders?
-- Formula: refunds today whose order is not cancelled + credits today (reason return) whose order is not cancelled and whose
--   return was not refunded. Grain: one row a currency. Window: [day_start, as_of]; known by known_to (live: the end of time).
-- Limits: the day's refunds and credits; cancellations and refunds of their orders and returns by key.
WITH
    offsets AS
    (
        SELECT currency, amount_minor, order_id, '' AS return_id
        FROM money_movements_v1
        WHERE measure = 'refund'
            AND time >= {day_start: DateTime('UTC')}
            AND time <= {as_of: DateTime64(3, 'UTC')}
            AND known_from <= {known_to: DateTime64(3, 'UTC')}
        UNION ALL
        SELECT currency, amount_minor, order_id, return_id
        FROM sales_movements_v1
        WHERE measure = 'credit'
            AND time >= {day_start: DateTime('UTC')}
            AND time <= {as_of: DateTime64(3, 'UTC')}
            AND known_from <= {known_to: DateTime64(3, 'UTC')}
    )
SELECT
    currency,
    sum(offsets.amount_minor) AS amount_minor
FROM offsets
WHERE order_id NOT IN
    (
        SELECT substring(key, 7)
        FROM events_by_key_v1
        WHERE key IN (SELECT concat('order:', order_id) FROM offsets WHERE order_id != '')
            AND type = 'order.cancelled'
            AND time <= {known_to: DateTime64(3, 'UTC')}
    )
    AND return_id NOT IN
    (
        SELECT substring(key, 8)
        FROM events_by_key_v1
        WHERE key IN (SELECT concat('return:', return_id) FROM offsets WHERE return_id != '')
            AND type = 'return.refunded'
            AND time <= {known_to: DateTime64(3, 'UTC')}
    )
GROUP BY currency
ORDER BY currency
