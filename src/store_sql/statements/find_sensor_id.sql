SELECT id FROM {ops}sensor_ids WHERE text_id = ?1 AND farm = ?2
