-- Question: how much is confirmed and not yet available?
-- Formula: Σ changes of the pending amount. Grain: one row a currency. Window: all history, everything known (live).
-- Limits: days × kinds × methods.
SELECT
    currency,
    sum(amount_minor) AS amount_minor
FROM movement_sums_v1
WHERE measure = 'pending'
    AND grain = 'day'
GROUP BY currency
ORDER BY currency
