-- Of the pass that goes on, if there is one, else of all that wait for one.
SELECT sensor_id, first_day, last_day FROM {ops}rejudge_scopes ORDER BY in_pass DESC, sensor_id LIMIT 1
