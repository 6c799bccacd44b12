DELETE FROM {ops}task_run_logs
WHERE run_id IN (SELECT id FROM {ops}task_runs
                 WHERE pipeline = ?1 AND task = ?2 AND id <= ?3
                   AND state NOT IN ('queued', 'running'))
