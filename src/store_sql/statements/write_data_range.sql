REPLACE INTO {ops}data_ranges (farm, first_day, last_day) VALUES (?1, ?2, ?3)
