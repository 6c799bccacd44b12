-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT topic_offset, version, received_at, sensor_id, cow_id, field_kinds, timestamp, value, deleted,
       payload, stream_id, topic_partition
FROM {bronze}measurements_rows
WHERE (stream_id, topic_partition, topic_offset) IN ((?1, ?2, ?3))
