SELECT COALESCE(MAX(number), 0) FROM {ops}task_run_logs WHERE run_id = ?1
