DELETE FROM {ops}watermarks WHERE step = ?1
