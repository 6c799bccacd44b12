DELETE FROM {ops}day_sums WHERE derived = ?1 AND farm_day BETWEEN ?2 AND ?3
