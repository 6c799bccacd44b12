-- A farm is of no farm.
SELECT farm_id AS text_id, 0 AS farm FROM {ops}farm_ids WHERE id = ?1
