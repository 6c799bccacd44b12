SELECT version, stream_id, topic_partition, topic_offset
FROM {ops}waiting_versions
WHERE cow_id = ?1 AND farm_day = ?2 AND sensor_id = ?3 AND timestamp = ?4 AND unit_known = ?5
ORDER BY version, stream_id, topic_partition, topic_offset
