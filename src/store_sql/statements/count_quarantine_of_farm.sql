SELECT code, COUNT(*) FROM {silver}quarantine_rows WHERE farm = ?1 GROUP BY code ORDER BY code
