SELECT sensor_id FROM {ops}sensor_ids WHERE id = ?1
