-- Rows are counted in the transaction that changes them, under the name of its step, which alone changes those rows:
-- `status` reads the sums. farm 0: of none. kind: the state of a reading, the code of a refused message.
CREATE TABLE ops_row_counts (
  step TEXT NOT NULL, counted TEXT NOT NULL, farm INTEGER NOT NULL, kind TEXT NOT NULL, row_count INTEGER NOT NULL,
  PRIMARY KEY (step, counted, farm, kind)) WITHOUT ROWID;
-- Those of bronze stand beside the offsets, which they make up for.
ALTER TABLE ops_consumer_offsets ADD COLUMN bronze_rows INTEGER NOT NULL DEFAULT 0;

-- What is there, once.
UPDATE ops_consumer_offsets SET bronze_rows =
  (SELECT COUNT(*) FROM bronze_cows_rows b JOIN ops_streams s ON s.id = b.stream_id
   WHERE s.stream_id = ops_consumer_offsets.stream_id AND b.topic_partition = part)
  + (SELECT COUNT(*) FROM bronze_sensors_rows b JOIN ops_streams s ON s.id = b.stream_id
     WHERE s.stream_id = ops_consumer_offsets.stream_id AND b.topic_partition = part)
  + (SELECT COUNT(*) FROM bronze_farms_rows b JOIN ops_streams s ON s.id = b.stream_id
     WHERE s.stream_id = ops_consumer_offsets.stream_id AND b.topic_partition = part)
  + (SELECT COUNT(*) FROM bronze_measurements_rows b JOIN ops_streams s ON s.id = b.stream_id
     WHERE s.stream_id = ops_consumer_offsets.stream_id AND b.topic_partition = part);
WITH of_cows AS MATERIALIZED (
  SELECT cow_id, SUM(state = 0) AS accepted, SUM(state = 1) AS pending, SUM(state = 2) AS deleted
  FROM silver_measurements_rows GROUP BY cow_id)
INSERT INTO ops_row_counts
SELECT 'cleanse', 'silver_measurements', i.farm, 'accepted', SUM(c.accepted)
FROM of_cows c JOIN ops_cow_ids i ON i.id = c.cow_id GROUP BY i.farm
UNION ALL
SELECT 'cleanse', 'silver_measurements', i.farm, 'pending', SUM(c.pending)
FROM of_cows c JOIN ops_cow_ids i ON i.id = c.cow_id GROUP BY i.farm
UNION ALL
SELECT 'cleanse', 'silver_measurements', i.farm, 'deleted', SUM(c.deleted)
FROM of_cows c JOIN ops_cow_ids i ON i.id = c.cow_id GROUP BY i.farm;
INSERT INTO ops_row_counts
SELECT CASE s.topic WHEN 'measurements' THEN 'cleanse' ELSE 'herd_book' END, 'silver_quarantine',
       COALESCE(q.farm, 0), q.code, COUNT(*)
FROM silver_quarantine_rows q JOIN ops_streams s ON s.id = q.stream_id
GROUP BY 1, 3, 4;
-- What waits for its farm.
INSERT INTO ops_row_counts
SELECT CASE s.topic WHEN 'measurements' THEN 'cleanse' ELSE 'herd_book' END, 'waiting_for_farm',
       COALESCE(q.farm, 0), '', COUNT(*)
FROM silver_quarantine_rows q JOIN ops_streams s ON s.id = q.stream_id
WHERE q.code = 'unknown_farm' AND q.status = 0
GROUP BY 1, 3;
INSERT INTO ops_row_counts
SELECT 'herd_book', 'gold_cows', i.farm, '', COUNT(*)
FROM gold_cows_rows g JOIN ops_cow_ids i ON i.id = g.cow_id GROUP BY i.farm;
INSERT INTO ops_row_counts
SELECT 'herd_book', 'gold_sensors', i.farm, '', COUNT(*)
FROM gold_sensors_rows g JOIN ops_sensor_ids i ON i.id = g.sensor_id GROUP BY i.farm;
