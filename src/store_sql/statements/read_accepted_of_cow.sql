SELECT farm_day, cow_id, sensor_id, timestamp, value FROM {silver}measurements_rows
WHERE farm = ?1 AND farm_day = ?2 AND cow_id = ?3 AND state = 0
