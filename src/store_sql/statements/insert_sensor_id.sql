INSERT INTO {ops}sensor_ids (text_id, farm) VALUES (?1, ?2)
