-- Question: when were these skus last counted, in each warehouse?
-- Grain: one row a (sku, warehouse) that was ever counted; epoch ms. Limits: the counts of the asked skus.
SELECT
    sku,
    warehouse,
    toUnixTimestamp64Milli(max(time)) AS counted_ms
FROM stock_counts_v1
WHERE sku IN {skus: Array(String)}
GROUP BY sku, warehouse
ORDER BY sku, warehouse
