-- Question: which events make receivables and their payments, up to a past moment?
-- Formula: none, the events themselves. Grain: one row an event. Window: time <= as_of. Limits: all of them; for the past only.
SELECT
    seq,
    source,
    id,
    type,
    toUnixTimestamp64Milli(time) AS time_ms,
    toUnixTimestamp64Milli(received_at) AS received_ms,
    data
FROM events_raw_v1
WHERE type IN ('invoice.issued', 'invoice.credited', 'invoice.cancelled', 'invoice.written_off',
        'payment.confirmed', 'payment.settled', 'payment.reversed', 'payment.reinstated', 'payment.allocated')
    AND time <= {as_of: DateTime64(3, 'UTC')}
ORDER BY seq
