SELECT position, target, resume_cow, resume_day, resume_sensor
FROM {ops}aggregate_positions WHERE task = ?1
