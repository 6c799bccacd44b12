-- Own: the place is spelled out and the index named, else each piece begins with the farm's first entry.
SELECT q.version, q.stream_id, q.topic_partition, q.topic_offset, LENGTH(q.original) AS original_bytes
FROM {silver}quarantine_rows q FORCE INDEX (by_farm)
STRAIGHT_JOIN {ops}streams s ON s.id = q.stream_id
WHERE q.farm = ?5 AND s.topic = 'measurements'
  AND (q.stream_id > ?1
       OR (q.stream_id = ?1 AND q.topic_partition > ?2)
       OR (q.stream_id = ?1 AND q.topic_partition = ?2 AND q.topic_offset > ?3))
ORDER BY q.stream_id, q.topic_partition, q.topic_offset
LIMIT ?4
