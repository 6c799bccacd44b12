-- The partitions of a topic that hold bronze rows which a step has not judged yet.
SELECT s.id, o.part, COALESCE(w.next_offset, o.first_offset) AS from_offset,
       o.next_offset AS to_offset, o.farms_from
FROM {ops}consumer_offsets o
JOIN {ops}streams s ON s.stream_id = o.stream_id AND s.topic = ?2
LEFT JOIN {ops}watermarks w ON w.step = ?1 AND w.stream_id = s.id AND w.part = o.part
WHERE o.last_offset >= COALESCE(w.next_offset, o.first_offset)
ORDER BY s.id, o.part
