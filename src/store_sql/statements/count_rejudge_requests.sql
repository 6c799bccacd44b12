SELECT COUNT(*) FROM {ops}rejudge_requests
