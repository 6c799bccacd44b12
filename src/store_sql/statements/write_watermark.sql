REPLACE INTO {ops}watermarks (step, stream_id, part, next_offset) VALUES (?1, ?2, ?3, ?4)
