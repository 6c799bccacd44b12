SELECT farm_day, sensor_id, timestamp FROM {silver}measurements_rows
WHERE cow_id = ?1
ORDER BY farm_day DESC, sensor_id DESC, timestamp DESC
LIMIT 1
