SELECT g.farm, g.name, g.time_zone, g.litre_min, g.litre_max, g.kilogram_min, g.kilogram_max,
       g.milk_density, g.closed_at, g.version, g.stream_id, g.topic_partition, g.topic_offset,
       g.created_at, g.updated_at, g.state_version, g.state_stream,
       g.state_partition, g.state_offset, i.farm_id, g.rules_version
FROM {ops}farm_ids i JOIN {gold}farms_rows g ON g.farm = i.id
WHERE i.farm_id = ?1 AND g.state_version IS NOT NULL
