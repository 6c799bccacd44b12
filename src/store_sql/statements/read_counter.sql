SELECT value FROM {ops}counters WHERE name = ?1
