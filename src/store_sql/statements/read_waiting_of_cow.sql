-- What waits for nothing but the cow.
SELECT cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset
FROM {ops}waiting_versions
WHERE cow_id = ?1 AND unit_known = 1
ORDER BY cow_id, farm_day, sensor_id, timestamp
LIMIT ?2
