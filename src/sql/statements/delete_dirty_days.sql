DELETE FROM {ops}dirty_days
