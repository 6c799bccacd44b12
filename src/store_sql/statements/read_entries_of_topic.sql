SELECT version, stream_id, topic_partition, topic_offset, received_at, sensor_id, cow_id, farm_day,
       timestamp, code, field, reason, original, status, farm
FROM {silver}quarantine_rows
WHERE stream_id IN (SELECT id FROM {ops}streams WHERE topic = ?1)
