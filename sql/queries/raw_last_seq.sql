-- Question: how far do the raw events go, and how many are there?
SELECT
    max(seq) AS last_seq,
    count() AS events
FROM events_raw_v1
