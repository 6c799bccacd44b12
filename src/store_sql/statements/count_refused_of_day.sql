-- But for those that a newer version overtook.
SELECT COUNT(*) FROM {silver}quarantine_rows WHERE farm = ?1 AND farm_day = ?2 AND status <> 1
