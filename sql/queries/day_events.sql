-- Question: how many events happened in each half hour of a past day?
-- Formula: count of events by their time. Grain: one row a half hour that has any; slot counts from day_start.
-- Window: [day_start, day_end). Limits: reads the time of all events: for the past only.
SELECT
    intDiv(toUnixTimestamp64Milli(time) - toInt64(toUnixTimestamp({day_start: DateTime('UTC')})) * 1000, 1800000) AS slot,
    count() AS events
FROM events_raw_v1
WHERE time >= {day_start: DateTime('UTC')}
    AND time < {day_end: DateTime('UTC')}
GROUP BY slot
ORDER BY slot
