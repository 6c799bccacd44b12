-- Those that are in quarantine since nobody knew their farm.
SELECT b.topic_offset, b.version, b.received_at, b.payload, b.stream_id, b.topic_partition, q.status
FROM {silver}quarantine_rows q
JOIN {bronze}sensors_rows b ON b.stream_id = q.stream_id AND b.topic_partition = q.topic_partition
  AND b.topic_offset = q.topic_offset
WHERE q.code = 'unknown_farm' AND q.farm = ?1
  AND q.stream_id IN (SELECT id FROM {ops}streams WHERE topic = 'sensors')
LIMIT ?2
