-- Question: does the table of events by subject hold what the raw table says it must, each once?
-- Formula: count and an order-free sum of hashes of every (key, event), of both tables. One row: equal where all is well.
-- Window: journal positions up to `through`, so that what arrives meanwhile is left out. Read by: db:verify. Limits: reads both tables whole.
SELECT
    raw.pairs AS pairs_expected,
    by_key.pairs AS pairs_found,
    toString(raw.fingerprint) AS fingerprint_expected,
    toString(by_key.fingerprint) AS fingerprint_found
FROM
(
    SELECT
        count() AS pairs,
        sum(cityHash64(key, seq, source, id, type, time, received_at, data)) AS fingerprint
    FROM events_raw_v1
    ARRAY JOIN keys AS key
    WHERE seq <= {through: UInt64}
) AS raw
CROSS JOIN
(
    SELECT
        count() AS pairs,
        sum(cityHash64(key, seq, source, id, type, time, received_at, data)) AS fingerprint
    FROM events_by_key_v1
    WHERE seq <= {through: UInt64}
) AS by_key
