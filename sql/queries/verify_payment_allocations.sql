-- Question: which payment paid which instalment, by the table?
-- Grain: one row = one version of a (payment, instalment) whose signs do not cancel: `versions` is 1 where all is well. A slice of all, by payment.
-- Read by: db:verify.
SELECT
    a.currency AS currency,
    toUnixTimestamp64Milli(a.exists_from) AS exists_from,
    a.payment_id AS payment_id,
    a.invoice_id AS invoice_id,
    a.number AS number,
    a.customer_id AS customer_id,
    toString(a.due_date) AS due_date,
    a.amount_minor AS amount_minor,
    sum(a.sign) AS versions
FROM payment_allocations_v1 AS a
WHERE cityHash64(a.payment_id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
HAVING versions != 0
ORDER BY currency, payment_id, invoice_id, number
