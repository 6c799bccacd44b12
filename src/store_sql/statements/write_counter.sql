UPDATE {ops}counters SET value = ?2 WHERE name = ?1
