-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
DELETE FROM {silver}quarantine_rows
WHERE (stream_id, topic_partition, topic_offset) IN ((?1, ?2, ?3))
