-- Rows are counted in the transaction that changes them, under the name of its step, which alone changes those rows:
-- `status` reads the sums. farm 0: of none. kind: the state of a reading, the code of a refused message.
CREATE TABLE IF NOT EXISTS {ops}row_counts (
  step VARCHAR(64) NOT NULL, counted VARCHAR(64) NOT NULL, farm INT NOT NULL, kind VARCHAR(64) NOT NULL,
  row_count BIGINT NOT NULL, PRIMARY KEY (step, counted, farm, kind)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
-- Those of bronze stand beside the offsets, which they make up for.
ALTER TABLE {ops}consumer_offsets ADD COLUMN bronze_rows BIGINT NOT NULL DEFAULT 0;

-- What is there, once.
UPDATE {ops}consumer_offsets o SET o.bronze_rows =
  (SELECT COUNT(*) FROM {bronze}cows_rows b JOIN {ops}streams s ON s.id = b.stream_id
   WHERE s.stream_id = o.stream_id AND b.topic_partition = o.part)
  + (SELECT COUNT(*) FROM {bronze}sensors_rows b JOIN {ops}streams s ON s.id = b.stream_id
   WHERE s.stream_id = o.stream_id AND b.topic_partition = o.part)
  + (SELECT COUNT(*) FROM {bronze}farms_rows b JOIN {ops}streams s ON s.id = b.stream_id
   WHERE s.stream_id = o.stream_id AND b.topic_partition = o.part)
  + (SELECT COUNT(*) FROM {bronze}measurements_rows b JOIN {ops}streams s ON s.id = b.stream_id
   WHERE s.stream_id = o.stream_id AND b.topic_partition = o.part);
DELETE FROM {ops}row_counts;
INSERT INTO {ops}row_counts
SELECT 'cleanse', 'silver_measurements', i.farm,
       CASE m.state WHEN 0 THEN 'accepted' WHEN 1 THEN 'pending' ELSE 'deleted' END, COUNT(*)
FROM {silver}measurements_rows m JOIN {ops}cow_ids i ON i.id = m.cow_id GROUP BY i.farm, m.state;
INSERT INTO {ops}row_counts
SELECT CASE s.topic WHEN 'measurements' THEN 'cleanse' ELSE 'herd_book' END, 'silver_quarantine',
       COALESCE(q.farm, 0), q.code, COUNT(*)
FROM {silver}quarantine_rows q JOIN {ops}streams s ON s.id = q.stream_id
GROUP BY 1, 3, 4;
-- What waits for its farm.
INSERT INTO {ops}row_counts
SELECT CASE s.topic WHEN 'measurements' THEN 'cleanse' ELSE 'herd_book' END, 'waiting_for_farm',
       COALESCE(q.farm, 0), '', COUNT(*)
FROM {silver}quarantine_rows q JOIN {ops}streams s ON s.id = q.stream_id
WHERE q.code = 'unknown_farm' AND q.status = 0
GROUP BY 1, 3;
INSERT INTO {ops}row_counts
SELECT 'herd_book', 'gold_cows', i.farm, '', COUNT(*)
FROM {gold}cows_rows g JOIN {ops}cow_ids i ON i.id = g.cow_id GROUP BY i.farm;
INSERT INTO {ops}row_counts
SELECT 'herd_book', 'gold_sensors', i.farm, '', COUNT(*)
FROM {gold}sensors_rows g JOIN {ops}sensor_ids i ON i.id = g.sensor_id GROUP BY i.farm;
