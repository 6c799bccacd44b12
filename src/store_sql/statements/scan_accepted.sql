SELECT farm_day, sensor_id, timestamp, value FROM {silver}measurements_rows
WHERE cow_id = ?1 AND farm_day BETWEEN ?2 AND ?3 AND state = 0
ORDER BY farm_day, sensor_id, timestamp
