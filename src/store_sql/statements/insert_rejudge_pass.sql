REPLACE INTO {ops}rejudge_passes (kind, ref, in_pass, first_day, last_day)
VALUES (?1, ?2, 0, ?3, ?4)
