-- Question: which keys that deriving looks back on have a past at all?
-- Grain: one row = one key; payments that name but their customer once more, as 'pays-only-customer:' and the customer; skus as 'sku-state:' and the sku.
-- Limits: at most {most}; a caller that gets {most} rows has not got them all.
SELECT DISTINCT key
FROM
(
    SELECT key
    FROM events_by_key_v1
    WHERE substring(key, 1, position(key, ':') - 1) IN {relations: Array(String)}
    UNION ALL
    SELECT concat('pays-only-customer:', substring(key, length('pays-customer:') + 1))
    FROM events_by_key_v1
    WHERE startsWith(key, 'pays-customer:')
        AND NOT JSONHas(data, 'invoice_id')
        AND NOT JSONHas(data, 'order_id')
    UNION ALL
    SELECT concat('sku-state:', sku)
    FROM sku_state_v1
)
LIMIT {most: UInt64}
