-- Whether any derived table has begun.
SELECT 1 FROM {ops}feed_places LIMIT 1
