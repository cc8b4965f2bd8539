-- Question: what did the payments that came to exist lately pay of debts, as allocated now, by half hour and due date of the debt?
-- Formula: Σ sign × allocated amount. Grain: one row a (currency, slot, due_date); slot = half hours since `from`.
-- Window: payments that exist from [from, as_of], both included. Limits: the allocations of that window.
SELECT
    currency,
    intDiv(toUnixTimestamp(exists_from) - toUnixTimestamp({from: DateTime('UTC')}), 1800) AS slot,
    toString(due_date) AS due_date,
    sum(sign * amount_minor) AS amount_minor
FROM payment_allocations_v1
WHERE exists_from >= {from: DateTime('UTC')}
    AND exists_from <= {as_of: DateTime64(3, 'UTC')}
GROUP BY currency, slot, payment_allocations_v1.due_date
ORDER BY currency, slot, due_date
