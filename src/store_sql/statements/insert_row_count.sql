INSERT INTO {ops}row_counts (step, counted, farm, kind, row_count) VALUES (?1, ?2, ?3, ?4, ?5)
