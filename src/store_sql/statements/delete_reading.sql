DELETE FROM {silver}measurements_rows
WHERE cow_id = ?1 AND farm_day = ?2 AND sensor_id = ?3 AND timestamp = ?4
