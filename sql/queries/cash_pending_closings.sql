-- Question: how much was confirmed and not yet available at each of these moments?
-- Formula: Σ changes of the pending amount known by then. Grain: one row a moment by which there was one; one currency.
-- Window: all history up to each moment. Limits: weighs the rows against every moment: a few moments, seldom.
SELECT
    arrayJoin(arrayFilter(end -> end >= toUnixTimestamp64Milli(known_from), {ends: Array(Int64)})) AS end_ms,
    sum(amount_minor) AS amount_minor
FROM money_movements_v1
WHERE measure = 'pending'
    AND currency = {currency: String}
GROUP BY end_ms
ORDER BY end_ms
