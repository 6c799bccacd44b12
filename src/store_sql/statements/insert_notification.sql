INSERT INTO {ops}notifications (noted_at, pipeline, task, event, message, url)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
