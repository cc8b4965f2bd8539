-- Question: by how much did each account change in a window, transfers included?
-- Formula: Σ ledger effects. Grain: one row an account of one currency. Window: [day_start, as_of], known by known_to.
-- Limits: the rows of one day.
SELECT
    account,
    sum(money_movements_v1.amount_minor) AS amount_minor
FROM money_movements_v1
WHERE measure = 'ledger'
    AND currency = {currency: String}
    AND time >= {day_start: DateTime('UTC')}
    AND time <= {as_of: DateTime64(3, 'UTC')}
    AND known_from <= {known_to: DateTime64(3, 'UTC')}
GROUP BY account
ORDER BY account
