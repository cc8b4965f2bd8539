-- Question: how did the sums of a past day grow, minute by minute, as they were known at each of those minutes?
-- Formula: per-minute sums by the minute in which they became known (known_start), so that the running sum before minute m is the
--   figure of that day as of m − 1 ms. Grain: one row a (measure, flow, minute, slot); minute in epoch ms, slot = half hours
--   since day_start by effect time. Window: effects of [day_start, day_end), known before day_end. One currency.
-- Limits: the minutes of one day.
SELECT
    measure,
    flow,
    toInt64(toUnixTimestamp(known_start)) * 1000 AS minute,
    intDiv(toUnixTimestamp(start) - toUnixTimestamp({day_start: DateTime('UTC')}), 1800) AS slot,
    sum(amount_minor) AS amount_minor,
    sum(rows) AS counted
FROM movement_sums_v1
WHERE measure IN {measures: Array(String)}
    AND currency = {currency: String}
    AND grain = 'minute'
    AND start >= {day_start: DateTime('UTC')}
    AND start < {day_end: DateTime('UTC')}
    AND known_start < {day_end: DateTime('UTC')}
GROUP BY measure, flow, minute, slot
ORDER BY minute, measure, flow, slot
