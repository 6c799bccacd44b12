REPLACE INTO {ops}rejudge_requests (kind, ref) VALUES (?1, ?2)
