REPLACE INTO {silver}measurements_rows
  (farm, farm_day, cow_id, sensor_id, timestamp, value, state, version, stream_id,
   topic_partition, topic_offset, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
