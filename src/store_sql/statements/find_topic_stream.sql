-- The newest stream of a topic.
SELECT id, stream_id, log_id FROM {ops}streams WHERE topic = ?1 ORDER BY id DESC LIMIT 1
