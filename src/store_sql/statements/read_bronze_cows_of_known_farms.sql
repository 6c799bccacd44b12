-- Those that are in quarantine since nobody knew their farm, which is known now.
SELECT b.topic_offset, b.version, b.received_at, b.payload, b.stream_id, b.topic_partition
FROM {gold}farms_rows f
JOIN {silver}quarantine_rows q ON q.code = 'unknown_farm' AND q.farm = f.farm AND q.status <> 2
JOIN {bronze}cows_rows b ON b.stream_id = q.stream_id AND b.topic_partition = q.topic_partition
  AND b.topic_offset = q.topic_offset
ORDER BY b.stream_id, b.topic_partition, b.topic_offset
LIMIT ?1
