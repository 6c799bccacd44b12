INSERT INTO {ops}cow_ids (text_id, farm) VALUES (?1, ?2)
