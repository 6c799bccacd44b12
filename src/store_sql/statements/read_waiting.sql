SELECT cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset,
       unit_known
FROM {ops}waiting_versions
WHERE cow_id = ?1 AND farm_day = ?2 AND sensor_id = ?3 AND timestamp = ?4
