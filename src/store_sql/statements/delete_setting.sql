DELETE FROM {ops}settings WHERE name = ?1
