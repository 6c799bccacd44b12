SELECT unit, kind FROM {gold}sensors_rows WHERE sensor_id = ?1
