SELECT s.topic, o.stream_id, o.part, o.first_offset, o.next_offset, o.holes,
       COALESCE(w.next_offset, o.first_offset), s.id, s.log_id, o.last_hash
FROM {ops}consumer_offsets o
JOIN {ops}streams s ON s.stream_id = o.stream_id
LEFT JOIN {ops}watermarks w ON w.step = s.topic AND w.stream_id = s.id AND w.part = o.part
WHERE o.consumer_group = ?1
ORDER BY s.topic, o.part, s.id
