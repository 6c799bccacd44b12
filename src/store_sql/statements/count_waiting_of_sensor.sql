-- Of what supersede_sensor_entries supersedes, how much waits for its farm.
SELECT COUNT(*) FROM {silver}quarantine_rows
WHERE sensor_id = ?1 AND cow_id IS NULL AND status = 0 AND code = 'unknown_farm'
  AND (version, stream_id, topic_partition, topic_offset) < (?2, ?3, ?4, ?5)
  AND stream_id IN (SELECT id FROM {ops}streams WHERE topic = 'sensors')
