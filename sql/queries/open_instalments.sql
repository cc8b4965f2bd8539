-- Question: which instalments are open now?
-- Formula: versions collapse by sign. Grain: one row an open instalment of one currency. Window: now.
-- Limits: as many rows as are open; a list only, never a tile.
SELECT
    customer_id,
    invoice_id,
    number,
    toString(due_date) AS due_date,
    sum(sign * open_minor) AS open_minor
FROM receivable_state_v1
WHERE currency = {currency: String}
GROUP BY customer_id, invoice_id, number, receivable_state_v1.due_date
HAVING sum(sign) > 0
ORDER BY due_date, invoice_id, number
