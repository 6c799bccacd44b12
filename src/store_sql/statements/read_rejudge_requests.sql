-- Of cows and sensors.
SELECT kind, ref FROM {ops}rejudge_requests WHERE kind <= 1 ORDER BY kind DESC, ref LIMIT ?1
