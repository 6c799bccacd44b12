SELECT COUNT(*) FROM {ops}dirty_days
