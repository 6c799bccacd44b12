-- From a day on.
SELECT farm_day, cow_id, sensor_id FROM {ops}dirty_days
WHERE farm = ?1 AND farm_day >= ?2 AND cow_id >= ?3 AND chunk > ?4 AND chunk <= ?5
ORDER BY farm_day, cow_id, sensor_id
LIMIT ?6
