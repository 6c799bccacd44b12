-- Who has judged the last message has judged everything: what was left out behind it is no message.
SELECT s.topic, o.stream_id, o.part, o.first_offset, o.next_offset, o.holes,
       CASE WHEN COALESCE(w.next_offset, o.first_offset) > o.last_offset THEN o.next_offset
            ELSE COALESCE(w.next_offset, o.first_offset) END AS judged_offset,
       s.id, s.log_id, o.last_hash, o.hidden, o.last_offset, o.owner, o.claimed_at,
       o.bronze_rows
FROM {ops}consumer_offsets o
JOIN {ops}streams s ON s.stream_id = o.stream_id
LEFT JOIN {ops}watermarks w ON w.step = s.topic AND w.stream_id = s.id AND w.part = o.part
WHERE o.consumer_group = ?1
ORDER BY s.topic, o.part, s.id
