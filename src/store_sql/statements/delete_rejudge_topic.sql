DELETE FROM {ops}rejudge_topics WHERE topic = ?1
