SELECT revision FROM {ops}revisions WHERE kind = 5
