-- Raised in the transaction that changes what an answer shows; the numbers are store_sql's. A farm's first one is the
-- time, so that it is none of those that a copy of this store, put back later, gives for other rows.
CREATE TABLE ops_revisions (
  kind INTEGER NOT NULL, farm INTEGER NOT NULL, month INTEGER NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (kind, farm, month)) WITHOUT ROWID;
INSERT INTO ops_revisions SELECT 0, 0, 0, CAST(strftime('%s', 'now') AS INTEGER) * 1000000;
INSERT INTO ops_revisions SELECT 1, id, 0, CAST(strftime('%s', 'now') AS INTEGER) * 1000000 FROM ops_farm_ids;

-- The first and the last day of a farm's daily aggregates.
CREATE TABLE ops_data_ranges (farm INTEGER PRIMARY KEY, first_day INTEGER, last_day INTEGER);
INSERT INTO ops_data_ranges
SELECT i.farm,
       MIN((SELECT d.first_day FROM gold_measurements_daily_aggregations_rows d
            WHERE d.cow_id = i.id ORDER BY d.cow_id, d.first_day LIMIT 1)),
       MAX((SELECT d.first_day FROM gold_measurements_daily_aggregations_rows d
            WHERE d.cow_id = i.id ORDER BY d.cow_id DESC, d.first_day DESC LIMIT 1))
FROM ops_cow_ids i
GROUP BY i.farm;
