SELECT id FROM {ops}farm_ids WHERE farm_id = ?1
