INSERT INTO {ops}streams (stream_id, topic) VALUES (?1, ?2)
