-- Question: how many of the raw events at these positions are there, and by how many does stream_seen_v1 count too few events of all?
-- Grain: one row. Wrong way: with a condition on the second count, which would no longer be told by the parts alone.
SELECT
    (SELECT count() FROM events_raw_v1 WHERE seq BETWEEN {from: UInt64} AND {through: UInt64}) AS found,
    toInt64((SELECT count() FROM events_raw_v1)) - toInt64((SELECT sum(events) FROM stream_seen_v1)) AS unseen
