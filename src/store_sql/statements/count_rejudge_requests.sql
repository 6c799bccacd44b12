SELECT (SELECT COUNT(*) FROM {ops}rejudge_requests) + (SELECT COUNT(*) FROM {ops}rejudge_passes)
       + (SELECT COUNT(*) FROM {ops}rejudge_topics) AS total
