SELECT text_id, farm FROM {ops}cow_ids WHERE id = ?1
