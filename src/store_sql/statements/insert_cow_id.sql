INSERT INTO {ops}cow_ids (cow_id) VALUES (?1)
