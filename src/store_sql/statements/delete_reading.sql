DELETE FROM {silver}measurements_rows
WHERE farm = ?1 AND farm_day = ?2 AND cow_id = ?3 AND sensor_id = ?4 AND timestamp = ?5
