SELECT cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset
FROM {silver}quarantine_rows
WHERE cow_id = ?1 AND farm_day BETWEEN ?2 AND ?3 AND status = 0 AND timestamp IS NOT NULL
