"""For Schemathesis, what no schema can say: days after today are refused."""

import datetime
import re

import schemathesis


def _is_past(day):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    if not isinstance(day, str):
        return True
    written = day.strip()[:10]
    is_calendar_day = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", written)
    return written[:4] < str(today.year) or bool(is_calendar_day) and written <= str(today)


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return not path_parameters or _is_past(path_parameters.get("report_date"))


@schemathesis.hook
def filter_body(context, body):
    return not isinstance(body, dict) or _is_past(body.get("birthdate"))
