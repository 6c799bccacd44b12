SELECT id FROM {ops}cow_ids WHERE cow_id = ?1
