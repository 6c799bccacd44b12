INSERT INTO {silver}quarantine_rows
  (stream_id, topic_partition, topic_offset, version, received_at, sensor_id, cow_id, farm_day,
   timestamp, code, field, reason, original, status, farm)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
