REPLACE INTO {ops}rejudge_scopes (sensor_id, in_pass, first_day, last_day) VALUES (?1, 0, ?2, ?3)
