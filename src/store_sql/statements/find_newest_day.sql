-- The newest day of which silver has readings of the farm.
SELECT farm_day FROM {silver}measurements_rows WHERE farm = ?1 ORDER BY farm_day DESC LIMIT 1
