DELETE FROM {ops}notifications WHERE id <= ?1
