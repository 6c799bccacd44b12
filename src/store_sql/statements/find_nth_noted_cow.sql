SELECT cow_id FROM {ops}dirty_days
WHERE farm = ?1 AND farm_day = ?2 AND cow_id > ?3 AND chunk > ?5 AND chunk <= ?6
ORDER BY cow_id, sensor_id
LIMIT 1 OFFSET ?4
