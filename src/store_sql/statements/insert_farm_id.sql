INSERT INTO {ops}farm_ids (farm_id) VALUES (?1)
