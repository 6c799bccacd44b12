SELECT farm, name, time_zone, litre_min, litre_max, kilogram_min, kilogram_max, milk_density,
       closed_at, version, stream_id, topic_partition, topic_offset, created_at, updated_at,
       state_version, state_stream, state_partition, state_offset
FROM {gold}farms_rows
