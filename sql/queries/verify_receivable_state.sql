-- Question: which open instalments does the table hold?
-- Grain: one row = one version of an instalment whose signs do not cancel: `versions` is 1 where all is well. A slice of all, by invoice.
-- Read by: db:verify.
SELECT
    r.currency AS currency,
    r.customer_id AS customer_id,
    r.invoice_id AS invoice_id,
    r.number AS number,
    toString(r.due_date) AS due_date,
    r.kind AS kind,
    r.order_id AS order_id,
    toUnixTimestamp64Milli(r.issued_time) AS issued_time,
    r.billed_minor AS billed_minor,
    r.credited_minor AS credited_minor,
    r.paid_minor AS paid_minor,
    r.open_minor AS open_minor,
    sum(r.sign) AS versions
FROM receivable_state_v1 AS r
WHERE cityHash64(r.invoice_id) % {parts: UInt32} = {part: UInt32}
GROUP BY ALL
HAVING versions != 0
ORDER BY currency, customer_id, invoice_id, number
