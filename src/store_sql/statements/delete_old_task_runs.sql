DELETE FROM {ops}task_runs
WHERE pipeline = ?1 AND task = ?2 AND id <= ?3 AND state NOT IN ('queued', 'running')
