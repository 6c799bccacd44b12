UPDATE {ops}aggregate_positions
SET position = ?2, target = ?3, resume_cow = ?4, resume_day = ?5, resume_sensor = ?6
WHERE task = ?1
