UPDATE {ops}counters SET value = value WHERE name = ?1
