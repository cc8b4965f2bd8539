-- Question: what happened to these subjects before a journal position?
-- Grain: one row = one event under one of the asked keys; with `only_customer` those that name neither an invoice nor an order.
-- Limits: at most a few thousand keys a call (they travel in the URL).
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
    AND NOT ({only_customer: Bool} AND (JSONHas(data, 'invoice_id') OR JSONHas(data, 'order_id')))
ORDER BY key, seq
