-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
DELETE FROM {ops}displaced_versions
WHERE (cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset)
  IN ((?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8))
