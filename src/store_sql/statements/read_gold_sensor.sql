SELECT sensor_id, unit, kind, retired_at, version, stream_id, topic_partition, topic_offset,
       created_at, updated_at
FROM {gold}sensors_rows WHERE sensor_id = ?1
