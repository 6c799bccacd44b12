DELETE FROM {silver}quarantine_rows
WHERE stream_id = ?1 AND topic_partition = ?2 AND topic_offset = ?3
