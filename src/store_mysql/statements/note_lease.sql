-- For people: who did something in the step last.
UPDATE {ops}step_leases
SET owner = ?2, epoch = epoch + 1, taken_at = UTC_TIMESTAMP(6)
WHERE step = ?1
