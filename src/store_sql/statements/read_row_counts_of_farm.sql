SELECT counted, farm, kind, SUM(row_count) AS total
FROM {ops}row_counts
WHERE farm = ?1
GROUP BY counted, farm, kind
HAVING SUM(row_count) <> 0
