SELECT first_day, last_day FROM {ops}rejudge_scopes WHERE sensor_id = ?1
