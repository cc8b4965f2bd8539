-- Question: what is there to tell of these quarantined events?
-- Grain: one row = one quarantined event, newest first. Limits: the asked ids; the text only of those in `texts_of`, each up to 256 KiB
-- (of a platform 2 MiB): the caller bounds them together. Times in epoch ms. Money at stake is without its sign.
SELECT
    quarantine_id,
    source,
    id,
    type,
    toUnixTimestamp64Milli(received_at) AS received_ms,
    code,
    path,
    message,
    key_id,
    status,
    stake_minor AS amount_minor,
    stake_currency AS amount_currency,
    if(quarantine_id IN {texts_of: Array(UInt64)}, toNullable(raw), NULL) AS raw_text
FROM quarantine_at_stake_v1
WHERE quarantine_id IN {ids: Array(UInt64)}
ORDER BY quarantine_id DESC
