-- Question: how much was confirmed and not yet available at a past moment?
-- Formula: Σ changes of the pending amount known by then. Grain: one row a currency. Window: all history up to as_of.
-- Limits: reads the rows; not for a live tile.
SELECT
    currency,
    sum(amount_minor) AS amount_minor
FROM money_movements_v1
WHERE measure = 'pending'
    AND known_from <= {as_of: DateTime64(3, 'UTC')}
GROUP BY currency
ORDER BY currency
