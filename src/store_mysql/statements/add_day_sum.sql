-- Own: neither server knows ON CONFLICT.
INSERT INTO {ops}day_sums (derived, farm, farm_day, value, total, positive) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON DUPLICATE KEY UPDATE total = total + VALUES(total), positive = positive + VALUES(positive)
