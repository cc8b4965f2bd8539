-- Question: what is open now, by original due date?
-- Formula: Σ sign × open amount; sign counts instalments. Feeds open, overdue, ageing and the rate: one set of numbers, so they agree.
-- Grain: one row a (currency, due_date). Window: all that is open now. Limits: as many rows read as instalments are open.
SELECT
    currency,
    toString(due_date) AS due_date,
    sum(sign * open_minor) AS open_minor,
    sum(toInt64(sign)) AS instalments
FROM receivable_state_v1
GROUP BY currency, receivable_state_v1.due_date
HAVING open_minor != 0
ORDER BY currency, due_date
