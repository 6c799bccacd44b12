SELECT cow_id FROM {ops}cow_ids WHERE id = ?1
