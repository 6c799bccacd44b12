SELECT sensor_id, unit FROM {gold}sensors_rows
