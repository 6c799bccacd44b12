-- Readings, however often they were sent; but for messages that a newer version overtook.
SELECT COUNT(*) FROM (
  SELECT DISTINCT cow_id, sensor_id, timestamp FROM {silver}quarantine_rows
  WHERE farm = ?1 AND farm_day = ?2 AND status <> 1) refused
