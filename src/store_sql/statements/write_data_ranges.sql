-- Those of all farms, of the rows as they stand: see find_data_range.
REPLACE INTO {ops}data_ranges (farm, first_day, last_day)
SELECT i.farm,
       MIN((SELECT d.first_day FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = i.id ORDER BY d.cow_id, d.first_day LIMIT 1)),
       MAX((SELECT d.first_day FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = i.id ORDER BY d.cow_id DESC, d.first_day DESC LIMIT 1))
FROM {ops}cow_ids i
GROUP BY i.farm
