INSERT INTO {ops}sensor_ids (sensor_id) VALUES (?1)
