UPDATE {silver}quarantine_rows SET status = 1
WHERE cow_id = ?1 AND farm_day IS NULL AND status = 0 AND version < ?2
  AND stream_id IN (SELECT id FROM {ops}streams WHERE topic = 'cows')
