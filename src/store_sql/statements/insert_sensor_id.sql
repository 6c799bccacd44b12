INSERT INTO {ops}sensor_ids (sensor_id, farm) VALUES (?1, ?2)
