-- Question: when does the next effect that lies ahead of the clock come of age?
-- Formula: min(time) with time > as_of over everything that a window up to now reads; epoch ms, 0 = nothing ahead.
-- Grain: one row. Window: (as_of, ∞). Limits: asked only while a watermark lies ahead of the clock (at most 5 minutes).
SELECT
    toUnixTimestamp64Milli(min(time)) AS next_time
FROM
(
    SELECT time FROM money_movements_v1 WHERE time > {as_of: DateTime64(3, 'UTC')}
    UNION ALL
    SELECT time FROM sales_movements_v1 WHERE time > {as_of: DateTime64(3, 'UTC')}
    UNION ALL
    SELECT time FROM return_receipts_v1 WHERE time > {as_of: DateTime64(3, 'UTC')}
    UNION ALL
    SELECT time FROM stock_movements_v1 WHERE time > {as_of: DateTime64(3, 'UTC')}
    UNION ALL
    SELECT exists_from AS time FROM payment_allocations_v1 WHERE exists_from > {as_of: DateTime64(3, 'UTC')}
)
