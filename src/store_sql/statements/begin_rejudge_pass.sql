-- A pass over everything serves all that is asked for but days; of farms each is a pass of its own.
UPDATE {ops}rejudge_passes SET in_pass = 1
WHERE (?1 = 0 AND kind <> 1) OR (kind = ?1 AND (kind <> 3 OR ref = ?2))
