-- Question: how many units had been shipped and come back in the month of a moment?
-- Formula: Σ units of rows known by then. Grain: one row. Window: [month_start, as_of], both included.
-- Limits: goods are ordered by sku: reads the time of all their movements.
SELECT
    (
        SELECT -sum(quantity)
        FROM stock_movements_v1
        WHERE kind = 'shipped'
            AND time >= {month_start: DateTime('UTC')}
            AND time <= {as_of: DateTime64(3, 'UTC')}
            AND known_from <= {as_of: DateTime64(3, 'UTC')}
    ) AS shipped,
    (
        SELECT sum(quantity)
        FROM return_receipts_v1
        WHERE time >= {month_start: DateTime('UTC')}
            AND time <= {as_of: DateTime64(3, 'UTC')}
    ) AS returned
