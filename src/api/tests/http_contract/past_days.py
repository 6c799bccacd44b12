"""For Schemathesis, what no schema can say: days after today are refused."""

import datetime

import schemathesis


def _is_past(day):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return not isinstance(day, str) or day.strip()[:10] <= str(today)


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return not path_parameters or _is_past(path_parameters.get("report_date"))


@schemathesis.hook
def filter_body(context, body):
    return not isinstance(body, dict) or _is_past(body.get("birthdate"))
