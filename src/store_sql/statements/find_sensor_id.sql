SELECT id FROM {ops}sensor_ids WHERE sensor_id = ?1 AND farm = ?2
