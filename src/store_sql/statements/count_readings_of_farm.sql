SELECT state, COUNT(*) FROM {silver}measurements_rows WHERE farm = ?1 GROUP BY state
