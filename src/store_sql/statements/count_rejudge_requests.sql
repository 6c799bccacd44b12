SELECT (SELECT COUNT(*) FROM {ops}rejudge_requests) + (SELECT COUNT(*) FROM {ops}rejudge_scopes)
       + (SELECT COUNT(*) FROM {ops}rejudge_topics)
