-- Once a transaction and row, by the time of now at least: a store that was put back from a copy gives no number again.
INSERT INTO {ops}revisions (kind, farm, month, revision) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (kind, farm, month) DO UPDATE SET revision = MAX(revision + 1, excluded.revision)
