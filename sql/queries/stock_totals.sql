-- Question: how much stock is there now, over kept skus, and how many are out?
-- Formula: free = on hand − reserved; out: free <= 0 and not set inactive. Grain: one row. Window: now.
-- Limits: one state row a sku. Columns are qualified: an alias hides the column of its name even in WHERE.
SELECT
    count() AS kept,
    sum(s.on_hand) AS on_hand,
    sum(s.on_hand - s.reserved) AS free,
    countIf(s.active = 1 AND s.on_hand - s.reserved <= 0) AS outs
FROM sku_state_v1 AS s FINAL
WHERE s.kept = 1
