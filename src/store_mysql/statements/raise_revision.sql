-- Own: neither server knows ON CONFLICT.
INSERT INTO {ops}revisions (kind, farm, month, revision) VALUES (?1, ?2, ?3, ?4)
ON DUPLICATE KEY UPDATE revision = GREATEST(revision + 1, VALUES(revision))
