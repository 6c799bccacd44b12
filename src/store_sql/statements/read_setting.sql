SELECT value FROM {ops}settings WHERE name = ?1
