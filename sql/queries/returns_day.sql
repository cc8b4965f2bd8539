-- Question: how many returns had goods received on this day so far, and how many units?
-- Formula: distinct return_id; Σ quantity. Grain: one row. Window: [day_start, as_of], both included. Limits: the day's receipts.
SELECT
    uniqExact(return_id) AS returns,
    sum(quantity) AS units
FROM return_receipts_v1
WHERE time >= {day_start: DateTime('UTC')}
    AND time <= {as_of: DateTime64(3, 'UTC')}
