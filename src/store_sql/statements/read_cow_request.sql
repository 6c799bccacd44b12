SELECT wanted_name, birthdate, cow_id, name FROM {ops}cow_requests
WHERE farm = ?1 AND idempotency_key = ?2
