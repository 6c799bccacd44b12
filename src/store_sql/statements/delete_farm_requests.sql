DELETE FROM {ops}rejudge_requests WHERE kind = ?1
