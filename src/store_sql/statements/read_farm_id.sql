-- A farm is of no farm.
SELECT farm_id, 0 FROM {ops}farm_ids WHERE id = ?1
