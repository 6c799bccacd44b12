SELECT id FROM {ops}cow_ids WHERE farm = ?1 AND id >= ?2 ORDER BY id LIMIT 1
