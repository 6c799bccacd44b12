-- Own: by the topic's streams, else all of the farm's refused readings are looked at.
UPDATE {ops}streams s STRAIGHT_JOIN {silver}quarantine_rows q FORCE INDEX (by_farm) ON q.stream_id = s.id
SET q.status = 1
WHERE s.topic = 'farms' AND q.farm = ?1 AND q.status = 0
  AND (q.version, q.stream_id, q.topic_partition, q.topic_offset) < (?2, ?3, ?4, ?5)
