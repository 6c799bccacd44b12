INSERT INTO {bronze}measurements_rows
  (stream_id, topic_partition, topic_offset, version, received_at, sensor_id, cow_id, field_kinds,
   timestamp, value, deleted, odd_sensor_id, odd_cow_id, message_key, payload, headers, odd_farm)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
