REPLACE INTO {ops}dirty_days (cow_id, farm_day, sensor_id, chunk) VALUES (?1, ?2, ?3, ?4)
