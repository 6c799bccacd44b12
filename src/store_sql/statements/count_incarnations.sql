SELECT COUNT(*) FROM {ops}streams WHERE log_id = ?1
