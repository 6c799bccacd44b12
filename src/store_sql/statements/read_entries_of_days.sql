-- Every status is named, so that an index of cow, status and day serves.
SELECT version, stream_id, topic_partition, topic_offset, received_at, sensor_id, cow_id, farm_day,
       timestamp, code, field, reason, original, status, farm
FROM {silver}quarantine_rows
WHERE cow_id = ?1 AND status IN (0, 1, 2) AND farm_day BETWEEN ?2 AND ?3 AND timestamp IS NOT NULL
