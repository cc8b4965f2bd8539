-- Question: which identities with which content are stored behind a journal position?
-- Formula: 24 bytes an event, identity and little-endian content hash (ingest/identity/entry.ts), packed into one base64 text.
-- Grain: one row = one page of at most {most} events, in order of position. Limits: events 0 = there are no more.
SELECT
    count() AS events,
    max(seq) AS through,
    base64Encode(arrayStringConcat(groupArray(entry))) AS packed
FROM
(
    SELECT
        seq,
        concat(identity, reinterpretAsFixedString(content_hash)) AS entry
    FROM events_raw_v1
    WHERE seq > {after: UInt64}
    ORDER BY seq
    LIMIT {most: UInt64}
)
