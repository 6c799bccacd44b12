SELECT state, COUNT(*) FROM {silver}measurements_rows GROUP BY state
