-- Of measurements.
SELECT version, stream_id, topic_partition, topic_offset, LENGTH(original) AS original_bytes
FROM {silver}quarantine_rows
WHERE stream_id >= ?1 AND (stream_id, topic_partition, topic_offset) > (?1, ?2, ?3)
  AND (farm_day IS NULL OR farm_day BETWEEN ?5 AND ?6)
  AND stream_id IN (SELECT id FROM {ops}streams WHERE topic = 'measurements')
ORDER BY stream_id, topic_partition, topic_offset
LIMIT ?4
