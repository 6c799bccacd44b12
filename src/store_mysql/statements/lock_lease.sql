-- The row's lock is the lease: whoever begins the same step waits for the end of this transaction.
SELECT epoch FROM {ops}step_leases WHERE step = ?1 FOR UPDATE
