SELECT noted_at, pipeline, task, event, message, url
FROM {ops}notifications
ORDER BY id DESC
LIMIT ?1
