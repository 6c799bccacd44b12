-- What the steps have kept, together.
SELECT counted, farm, kind, SUM(row_count) AS total
FROM {ops}row_counts
GROUP BY counted, farm, kind
HAVING SUM(row_count) <> 0
