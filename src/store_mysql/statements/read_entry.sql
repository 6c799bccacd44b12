-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT version, stream_id, topic_partition, topic_offset, received_at, sensor_id, cow_id, farm_day,
       timestamp, code, field, reason, original, status, farm
FROM {silver}quarantine_rows
WHERE (stream_id, topic_partition, topic_offset) IN ((?1, ?2, ?3))
