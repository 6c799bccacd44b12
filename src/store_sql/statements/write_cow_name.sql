REPLACE INTO {ops}cow_names (base, number) VALUES (?1, ?2)
