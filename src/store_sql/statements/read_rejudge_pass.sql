-- Of the pass that goes on, if there is one, else of all that wait for one.
SELECT kind, ref, in_pass, first_day, last_day FROM {ops}rejudge_passes
ORDER BY in_pass DESC, kind, ref
LIMIT 1
