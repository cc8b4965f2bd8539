-- Question: how much stock is there now, over kept skus, and how many are out?
-- Formula: free = on hand − reserved; out: free <= 0 and not set inactive. Grain: one row. Window: now.
-- Limits: one state row a sku.
SELECT
    count() AS kept,
    sum(on_hand) AS on_hand,
    sum(on_hand - reserved) AS free,
    countIf(active = 1 AND on_hand - reserved <= 0) AS outs
FROM sku_state_v1 FINAL
WHERE kept = 1
