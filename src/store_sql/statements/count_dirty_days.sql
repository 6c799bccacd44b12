SELECT COUNT(*) AS total FROM {ops}dirty_days
