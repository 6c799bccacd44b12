SELECT 1 FROM {ops}rejudge_topics WHERE topic = ?1
