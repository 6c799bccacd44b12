SELECT id FROM {ops}cow_ids WHERE text_id = ?1 AND farm = ?2
