SELECT first_day, last_day FROM {ops}data_ranges WHERE farm = ?1
