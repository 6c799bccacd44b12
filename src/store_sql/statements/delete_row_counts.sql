DELETE FROM {ops}row_counts WHERE step = ?1
