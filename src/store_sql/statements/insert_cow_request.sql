INSERT INTO {ops}cow_requests (farm, idempotency_key, wanted_name, birthdate, cow_id, name)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
