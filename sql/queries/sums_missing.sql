-- Question: do the stored sums of one key and minute lack just this much of what the movements behind them add up to?
-- Grain: one row. Times in epoch seconds. Tables by name, as in sku_state_of.sql.
SELECT toUInt8(
    (
        SELECT (
            sum(amount_minor) + {amount: Int64},
            sum(base_minor) + {base: Int64},
            sum(rows) + {rows: Int64}
        )
        FROM {sums: Identifier}
        WHERE measure = {measure: String}
            AND currency = {currency: String}
            AND grain = 'minute'
            AND start = fromUnixTimestamp({start: Int64})
            AND known_start = fromUnixTimestamp({known_start: Int64})
            AND account = {account: String}
            AND flow = {flow: String}
            AND kind = {kind: String}
            AND method = {method: String}
    ) = (
        SELECT (sum(amount), sum(base), sum(sign))
        FROM
        (
            SELECT amount_minor AS amount, base_minor AS base, sign
            FROM {money: Identifier}
            WHERE measure = {measure: String}
                AND currency = {currency: String}
                AND time >= fromUnixTimestamp64Milli({start: Int64} * 1000)
                AND time < fromUnixTimestamp64Milli(({start: Int64} + 60) * 1000)
                AND intDiv(toUnixTimestamp64Milli(known_from), 60000) * 60 = {known_start: Int64}
                AND account = {account: String}
                AND flow = {flow: String}
                AND kind = {kind: String}
                AND method = {method: String}
            UNION ALL
            SELECT amount_minor, 0, sign
            FROM {sales: Identifier}
            WHERE measure = {measure: String}
                AND currency = {currency: String}
                AND time >= fromUnixTimestamp64Milli({start: Int64} * 1000)
                AND time < fromUnixTimestamp64Milli(({start: Int64} + 60) * 1000)
                AND intDiv(toUnixTimestamp64Milli(known_from), 60000) * 60 = {known_start: Int64}
            UNION ALL
            SELECT toInt64(abs(quantity)), 0, sign
            FROM {stock: Identifier}
            WHERE {measure: String} = multiIf(kind = 'shipped', 'units_shipped', kind IN ('returned', 'damaged'), 'units_returned', '')
                AND time >= fromUnixTimestamp64Milli({start: Int64} * 1000)
                AND time < fromUnixTimestamp64Milli(({start: Int64} + 60) * 1000)
                AND intDiv(toUnixTimestamp64Milli(known_from), 60000) * 60 = {known_start: Int64}
        )
    )
) AS is_missing
