INSERT INTO {ops}cow_ids (cow_id, farm) VALUES (?1, ?2)
