SELECT MIN(position) FROM {ops}feed_places
