INSERT INTO {ops}day_sums (derived, farm, farm_day, value, total, positive) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (derived, farm, farm_day, value)
DO UPDATE SET total = total + excluded.total, positive = positive + excluded.positive
