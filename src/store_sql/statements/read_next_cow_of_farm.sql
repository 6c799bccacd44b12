SELECT MIN(id) FROM {ops}cow_ids WHERE farm = ?1 AND id >= ?2
