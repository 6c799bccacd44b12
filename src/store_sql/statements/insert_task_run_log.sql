INSERT INTO {ops}task_run_logs (run_id, number, logged_at, level, text)
VALUES (?1, ?2, ?3, ?4, ?5)
