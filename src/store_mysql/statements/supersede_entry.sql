-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
UPDATE {silver}quarantine_rows SET status = 1
WHERE (stream_id, topic_partition, topic_offset) IN ((?1, ?2, ?3)) AND status = 0
