REPLACE INTO {gold}sensors_rows
  (sensor_id, unit, kind, retired_at, version, stream_id, topic_partition, topic_offset,
   created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
