-- Question: how far back do the events of a range of journal positions reach?
-- Formula: min(time), epoch ms, 0 = no event. Grain: one row. Window: positions (after_seq, through_seq].
-- Limits: the range's rows, by primary key.
SELECT
    toUnixTimestamp64Milli(min(time)) AS first_time
FROM events_raw_v1
WHERE seq > {after_seq: UInt64}
    AND seq <= {through_seq: UInt64}
