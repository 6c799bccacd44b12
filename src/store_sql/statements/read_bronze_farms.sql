SELECT topic_offset, version, received_at, payload
FROM {bronze}farms_rows
WHERE stream_id = ?1 AND topic_partition = ?2 AND topic_offset >= ?3 AND topic_offset < ?4
ORDER BY topic_offset
LIMIT ?5
