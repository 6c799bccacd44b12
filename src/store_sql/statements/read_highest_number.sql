SELECT COALESCE(MAX(number), 0) FROM {ops}cow_names WHERE farm = ?1 AND base = ?2
