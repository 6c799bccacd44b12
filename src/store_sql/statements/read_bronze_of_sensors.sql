-- Those of the sensors that a pass judges again.
SELECT topic_offset, version, received_at, sensor_id, cow_id, field_kinds, timestamp, value, deleted,
       payload, stream_id, topic_partition
FROM {bronze}measurements_rows
WHERE stream_id = ?1 AND topic_partition = ?2 AND topic_offset >= ?3 AND topic_offset < ?4
  AND sensor_id IN (SELECT ref FROM {ops}rejudge_passes WHERE kind = 2 AND in_pass = 1)
ORDER BY topic_offset
LIMIT ?5
