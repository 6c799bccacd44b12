UPDATE {ops}settings SET value = ?2 WHERE name = ?1
