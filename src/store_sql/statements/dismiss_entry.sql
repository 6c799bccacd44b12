UPDATE {silver}quarantine_rows SET status = 2
WHERE stream_id = ?1 AND topic_partition = ?2 AND topic_offset = ?3
