DELETE FROM {ops}displaced_versions
WHERE cow_id = ?1 AND farm_day = ?2 AND sensor_id = ?3 AND timestamp = ?4 AND version = ?5
  AND stream_id = ?6 AND topic_partition = ?7 AND topic_offset = ?8
