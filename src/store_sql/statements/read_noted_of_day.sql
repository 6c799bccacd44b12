SELECT cow_id, sensor_id FROM {ops}dirty_days
WHERE farm = ?1 AND farm_day = ?2 AND cow_id BETWEEN ?3 AND ?4 AND chunk > ?5 AND chunk <= ?6
ORDER BY cow_id, sensor_id
