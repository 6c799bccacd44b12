INSERT INTO {ops}streams (stream_id, topic, log_id) VALUES (?1, ?2, ?3)
