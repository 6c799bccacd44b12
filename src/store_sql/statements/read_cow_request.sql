SELECT wanted_name, birthdate, cow_id, name FROM {ops}cow_requests WHERE idempotency_key = ?1
