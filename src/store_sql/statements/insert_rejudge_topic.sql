REPLACE INTO {ops}rejudge_topics (topic) VALUES (?1)
