-- Question: how many units were shipped and how many came back this month?
-- Formula: Σ units. Whole UTC days between day_from and day_to by day, the edges by minute.
-- Grain: one row. Window: [month_start, end of as_of's minute]: rows of goods are not ordered by time, so the running minute is
--   taken whole. Wrong way: using it while an event ahead of the clock is known; month_units_at is exact then.
-- Limits: a month of days, two days of minutes. day_from = day_to when no whole day lies between. Everything known counts (live).
SELECT
    sumIf(amount_minor, measure = 'units_shipped') AS shipped,
    sumIf(amount_minor, measure = 'units_returned') AS returned
FROM movement_sums_v1
WHERE measure IN ('units_shipped', 'units_returned')
    AND ((grain = 'day' AND start >= {day_from: DateTime('UTC')} AND start < {day_to: DateTime('UTC')})
        OR (grain = 'minute' AND start >= {month_start: DateTime('UTC')} AND start < {day_from: DateTime('UTC')})
        OR (grain = 'minute' AND start >= {day_to: DateTime('UTC')} AND start <= {minute: DateTime('UTC')}))
