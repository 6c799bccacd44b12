SELECT id FROM {ops}streams WHERE stream_id = ?1
