SELECT 1 FROM {ops}rejudge_scopes LIMIT 1
