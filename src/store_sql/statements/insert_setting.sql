INSERT INTO {ops}settings (name, value) VALUES (?1, ?2)
