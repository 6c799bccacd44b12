UPDATE {silver}quarantine_rows SET status = 1
WHERE farm = ?1 AND status = 0
  AND (version, stream_id, topic_partition, topic_offset) < (?2, ?3, ?4, ?5)
  AND stream_id IN (SELECT id FROM {ops}streams WHERE topic = 'farms')
