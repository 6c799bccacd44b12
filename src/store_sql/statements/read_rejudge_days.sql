SELECT first_day, last_day FROM {ops}rejudge_passes WHERE kind = ?1 AND ref = 0
