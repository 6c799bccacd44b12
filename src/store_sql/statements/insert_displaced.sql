REPLACE INTO {ops}displaced_versions
  (cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
