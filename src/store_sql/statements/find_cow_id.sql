SELECT id FROM {ops}cow_ids WHERE cow_id = ?1 AND farm = ?2
