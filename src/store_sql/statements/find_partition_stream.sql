-- The stream under which a partition is loaded: the newest that was claimed or adopted.
SELECT s.id, s.stream_id, s.log_id
FROM {ops}consumer_offsets o
JOIN {ops}streams s ON s.stream_id = o.stream_id
WHERE o.consumer_group = ?1 AND s.topic = ?2 AND o.part = ?3
ORDER BY s.id DESC
LIMIT 1
