SELECT MIN(position) FROM {ops}aggregate_positions
