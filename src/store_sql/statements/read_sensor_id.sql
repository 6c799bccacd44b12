SELECT text_id, farm FROM {ops}sensor_ids WHERE id = ?1
