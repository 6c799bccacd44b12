-- Whether anything is noted.
SELECT 1 FROM {ops}dirty_days LIMIT 1
