-- Of the pass that goes on, if there is one, else of all that wait for one; what is over everything
-- serves the others.
SELECT kind, ref, in_pass, first_day, last_day FROM {ops}rejudge_passes
ORDER BY in_pass DESC, kind > 0, asked
LIMIT 1
