-- The partitions of a topic and the offsets that a step has judged.
SELECT s.id, o.part, o.first_offset AS from_offset, w.next_offset AS to_offset, o.farms_from
FROM {ops}consumer_offsets o
JOIN {ops}streams s ON s.stream_id = o.stream_id AND s.topic = ?2
JOIN {ops}watermarks w ON w.step = ?1 AND w.stream_id = s.id AND w.part = o.part
ORDER BY s.id, o.part
