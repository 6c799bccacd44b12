-- Own: from the refused messages to bronze, not the other way round.
SELECT b.topic_offset, b.version, b.received_at, b.payload, b.stream_id, b.topic_partition, q.status
FROM {ops}streams s
STRAIGHT_JOIN {silver}quarantine_rows q FORCE INDEX (by_code) ON q.stream_id = s.id
STRAIGHT_JOIN {bronze}cows_rows b ON b.stream_id = q.stream_id
  AND b.topic_partition = q.topic_partition AND b.topic_offset = q.topic_offset
WHERE s.topic = 'cows' AND q.code = 'unknown_farm' AND q.farm = ?1
LIMIT ?2
