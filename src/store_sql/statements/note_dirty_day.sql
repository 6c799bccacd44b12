REPLACE INTO {ops}dirty_days (farm, farm_day, cow_id, sensor_id, chunk) VALUES (?1, ?2, ?3, ?4, ?5)
