SELECT number, logged_at, level, text
FROM {ops}task_run_logs
WHERE run_id = ?1 AND number > ?2
ORDER BY number
LIMIT ?3
