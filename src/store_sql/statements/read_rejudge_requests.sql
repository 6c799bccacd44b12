SELECT kind, ref FROM {ops}rejudge_requests ORDER BY kind DESC, ref LIMIT ?1
