-- What was judged without the sensor's unit.
SELECT cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset
FROM {ops}waiting_versions
WHERE sensor_id = ?1 AND unit_known = 0
ORDER BY cow_id, farm_day, sensor_id, timestamp
LIMIT ?2
