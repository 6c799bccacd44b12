SELECT COALESCE(MAX(number), 0) FROM {ops}cow_names WHERE base = ?1
