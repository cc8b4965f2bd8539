-- Question: what had settled payments cost in the month of a past moment, and of how much gross?
-- Formula: Σ fee, Σ gross of rows known by then. Grain: one row a currency. Window: [month_start, as_of], both included.
-- Limits: the rows of one month.
SELECT
    currency,
    sum(amount_minor) AS fee_minor,
    sum(base_minor) AS gross_minor
FROM money_movements_v1
WHERE measure = 'fee'
    AND time >= {month_start: DateTime('UTC')}
    AND time <= {as_of: DateTime64(3, 'UTC')}
    AND known_from <= {as_of: DateTime64(3, 'UTC')}
GROUP BY currency
ORDER BY currency
