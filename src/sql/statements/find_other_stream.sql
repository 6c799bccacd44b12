SELECT stream_id FROM {ops}streams WHERE topic = ?1 AND stream_id <> ?2
