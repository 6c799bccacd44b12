UPDATE {ops}row_counts SET row_count = row_count + ?5
WHERE step = ?1 AND counted = ?2 AND farm = ?3 AND kind = ?4
