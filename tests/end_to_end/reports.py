"""The daily report from the command line, over HTTP and from the oracle, in one shape."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import oracle
from installation import Installation, Server

Report = dict[str, Any]


def from_command(herd: Installation, day: dt.date) -> Report:
    return herd.ask("report", day.isoformat())


def from_http(server: Server, day: dt.date) -> Report:
    answer = server.get(f"/generate-report/{day.isoformat()}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def assert_equals_oracle(
    shown: Report, connection: duckdb.DuckDBPyConnection, day: dt.date
) -> None:
    """All lists row for row and number for number; the reason names the number of readings."""
    expected = oracle.report(connection, day)
    reasons = {row["cow_id"]: str(row["reason"]) for row in shown["ill_cows"]}
    for row in expected["ill_cows"]:
        assert str(row["readings"]) in reasons.get(row["cow_id"], ""), (row, reasons)
    without_reasons = {
        **shown,
        "ill_cows": [(row["cow_id"], row["cow_name"]) for row in shown["ill_cows"]],
    }
    expected["ill_cows"] = [(row["cow_id"], row["cow_name"]) for row in expected["ill_cows"]]
    assert without_reasons == expected
