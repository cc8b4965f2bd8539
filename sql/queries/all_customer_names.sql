-- Question: what are all customers called (for a search over names)?
-- Formula: the last customer.updated in order (time, source, id) that carries a name. Grain: one row a customer with a name.
-- Window: time <= known_to (live: the end of time). Limits: one key range, all profiles; a list only, never a tile.
SELECT
    substring(key, 9) AS customer_id,
    argMax(JSONExtractString(data, 'name'), (time, source, id)) AS name
FROM events_by_key_v1
WHERE key >= 'profile:'
    AND key < 'profile;'
    AND JSONHas(data, 'name')
    AND time <= {known_to: DateTime64(3, 'UTC')}
GROUP BY key
ORDER BY customer_id
