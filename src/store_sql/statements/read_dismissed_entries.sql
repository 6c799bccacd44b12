SELECT stream_id, topic_partition, topic_offset FROM {silver}quarantine_rows
WHERE status = 2 AND stream_id IN (SELECT id FROM {ops}streams WHERE topic = ?1)
