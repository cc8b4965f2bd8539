-- Question: which columns has this table, and which of them is it sorted by?
-- Grain: one row = one column, in the table's order.
SELECT
    name,
    type,
    toUInt8(is_in_sorting_key) AS is_key
FROM system.columns
WHERE database = currentDatabase()
    AND table = {table: String}
ORDER BY position
