-- Days are a pass of their own; else it serves everything that is asked for but them.
UPDATE {ops}rejudge_scopes SET in_pass = 1
WHERE (?1 = -1 AND sensor_id = -1) OR (?1 <> -1 AND sensor_id <> -1)
