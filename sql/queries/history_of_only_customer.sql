-- Question: which payments named but one of these customers before a journal position?
-- Grain: one row = one payment event; `key` is the stored one, 'pays-customer:' and the customer. Limits: as history_by_key.
SELECT
    key,
    seq,
    source,
    id,
    type,
    toUnixTimestamp64Milli(events_by_key_v1.time) AS time,
    toUnixTimestamp64Milli(events_by_key_v1.received_at) AS received_at,
    data
FROM events_by_key_v1
WHERE key IN {keys: Array(String)}
    AND seq < {before: UInt64}
    AND NOT JSONHas(data, 'invoice_id')
    AND NOT JSONHas(data, 'order_id')
ORDER BY key, seq
