SELECT ref FROM {ops}rejudge_requests WHERE kind = ?1 ORDER BY ref LIMIT 1
