-- Question: what did settled payments cost this month, and of how much gross?
-- Formula: Σ fee, Σ gross. Whole UTC days between day_from and day_to by day, the edges by minute, the running minute by rows.
-- Grain: one row a currency. Window: [month_start, as_of], both included.
-- Limits: a month of days, two days of minutes. day_from = day_to when no whole day lies between. Everything known counts (live).
SELECT
    currency,
    sum(fee) AS fee_minor,
    sum(gross) AS gross_minor
FROM
(
    SELECT currency, amount_minor AS fee, base_minor AS gross
    FROM movement_sums_v1
    WHERE measure = 'fee'
        AND grain = 'day'
        AND start >= {day_from: DateTime('UTC')}
        AND start < {day_to: DateTime('UTC')}
    UNION ALL
    SELECT currency, amount_minor AS fee, base_minor AS gross
    FROM movement_sums_v1
    WHERE measure = 'fee'
        AND grain = 'minute'
        AND ((start >= {month_start: DateTime('UTC')} AND start < {day_from: DateTime('UTC')})
            OR (start >= {day_to: DateTime('UTC')} AND start < {minute: DateTime('UTC')}))
    UNION ALL
    SELECT currency, amount_minor AS fee, base_minor AS gross
    FROM money_movements_v1
    WHERE measure = 'fee'
        AND time >= {minute: DateTime('UTC')}
        AND time <= {as_of: DateTime64(3, 'UTC')}
)
GROUP BY currency
ORDER BY currency
