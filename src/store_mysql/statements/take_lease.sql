-- The row's lock is the lease: whoever begins the same step waits for the end of this transaction.
UPDATE {ops}step_leases
SET owner = ?2, epoch = epoch + 1, taken_at = UTC_TIMESTAMP(6)
WHERE step = ?1
