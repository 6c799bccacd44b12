-- Of any chunk: so it comes from the key, however many rows follow.
SELECT MIN(farm_day) FROM {ops}dirty_days WHERE farm = ?1 AND farm_day >= ?2
