UPDATE {ops}consumer_offsets SET bronze_rows = bronze_rows + ?4
WHERE consumer_group = ?1 AND stream_id = ?2 AND part = ?3
