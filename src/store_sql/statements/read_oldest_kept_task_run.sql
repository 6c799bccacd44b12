SELECT id FROM {ops}task_runs WHERE pipeline = ?1 AND task = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3
