-- The fence: changes a row only for the owner that claimed last, from where it left it.
UPDATE {ops}consumer_offsets
SET next_offset = ?6, last_version = ?7, holes = holes + ?8, last_hash = ?9, hidden = hidden + ?10,
    last_offset = ?11
WHERE consumer_group = ?1 AND stream_id = ?2 AND part = ?3 AND epoch = ?4 AND next_offset = ?5
