REPLACE INTO {ops}cow_names (farm, base, number) VALUES (?1, ?2, ?3)
