"""The same messages give the same layers, whichever engines keep the log and the store."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import events
import messages
import pytest
from comparison import assert_audit_is_balanced
from engines import EMBEDDED, OTHER_PAIRINGS, Engines, on
from installation import Installation
from store import Row
from test_real_data import REPORT_DAY, ROWS

_AGGREGATE = "average_value, min_value, max_value, records_count, farm"
_RAW = "message_key, payload, headers"

# All columns but those that a log gives (version, lineage, times of receipt).
LAYERS = {
    "bronze_cows": "id, name, birthdate, deleted, farm",
    "bronze_cows_rows": _RAW,
    "bronze_sensors": "id, unit, deleted, kind, farm",
    "bronze_sensors_rows": _RAW,
    "bronze_measurements": "sensor_id, cow_id, timestamp, value, deleted, farm",
    "bronze_measurements_rows": f"timestamp, value, field_kinds, {_RAW}",
    "silver_measurements": "sensor_id, cow_id, timestamp, value, state, farm_day, farm",
    "silver_quarantine": "topic, sensor_id, cow_id, timestamp, code, field, reason, original, "
    "status, farm",
    "gold_cows": "id, name, birthdate, retired_at IS NOT NULL, farm",
    "gold_sensors": "id, unit, kind, retired_at IS NOT NULL, farm",
    "gold_farms": "id, name, time_zone, litre_min, litre_max, kilogram_min, kilogram_max, "
    "milk_density, closed_at IS NOT NULL",
    "gold_measurements_daily_aggregations": f"sensor_id, cow_id, date, {_AGGREGATE}",
    "gold_measurements_weekly_aggregations": f"sensor_id, cow_id, year, month, week, {_AGGREGATE}",
    "gold_measurements_monthly_aggregations": f"sensor_id, cow_id, year, month, {_AGGREGATE}",
    "gold_measurements_yearly_aggregations": f"sensor_id, cow_id, year, {_AGGREGATE}",
    "gold_cow_daily_metrics": "cow_id, date, milk_sum, milk_count, weight_sum, weight_count, "
    "last_weight, last_weight_at, farm",
    "gold_herd_days": "date, milk_sum, cows_milked, average_weight, cows_weighed, readings, refused, "
    "farm",
    "gold_cow_milk_means": "cow_id, date, average_milk, milk_days, farm",
    "ops_cow_names": "farm, base, number",
}
RECEIVED = ("created_at", "updated_at", "retired_at")
# The reason of a reading in the future names the moment of its receipt.
_RECEIPT = re.compile(r"(?<=receipt at )[-0-9T:.]+Z")
DAYS = [dt.date(2024, 2, 29) + dt.timedelta(number) for number in (0, 1, 2, 3, 11, 12, 35)]


def _cell(value: object) -> str:
    return _RECEIPT.sub("…", value) if isinstance(value, str) else repr(value)


def _dump(herd: Installation) -> dict[str, Counter[Row]]:
    """The rows of each table and how often each is there."""
    with herd.store() as store:
        return {
            table: Counter(
                tuple(map(_cell, row)) for row in store.execute(f"SELECT {columns} FROM {table}")
            )
            for table, columns in LAYERS.items()
        }


def _shown(rows: Counter[Row]) -> str:
    few = sorted(rows.elements(), key=repr)[:5]
    return "".join(f"\n    {str(row)[:500]}" for row in few)


def _assert_same(here: dict[str, Counter[Row]], there: dict[str, Counter[Row]]) -> None:
    different = [
        f"{table}\n  only here {(here[table] - there[table]).total()}:"
        f"{_shown(here[table] - there[table])}"
        f"\n  only embedded {(there[table] - here[table]).total()}:"
        f"{_shown(there[table] - here[table])}"
        for table in LAYERS
        if here[table] != there[table]
    ]
    assert not different, "\n".join(different)


def _send_everything(herd: Installation, folder: Path) -> None:
    """Files, faults, HTTP, and runs of the pipelines between them."""
    herd.run("seed", folder)
    messages.send(herd, messages.broken())
    messages.send(herd, messages.before_they_are_known())
    herd.process()
    messages.send(herd, messages.known())
    for wave in (messages.herd_book(), messages.times(), messages.values(), messages.ids()):
        messages.send(herd, wave)
    for wave in messages.corrections():
        messages.send(herd, wave)
    messages.send(herd, messages.mixture(seed=1, number=1_500))
    herd.process()
    messages.send(herd, messages.they_become_known())
    herd.process()
    for wave in messages.units_and_retirement():
        messages.send(herd, wave)
    messages.send(herd, messages.mixture(seed=2, number=1_500))
    messages.send(herd, messages.about_the_files(folder))
    with herd.serve() as server:
        for number, (route, body) in enumerate(events.shuffled_events(folder, seed=6)[:300]):
            # Else it is random, and stands in bronze.
            server.http.headers["X-Request-Id"] = f"event {number}"
            answer = server.post(route, body)
            assert answer.status_code == 200, (route, body, answer.text)
    herd.process()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    period = ("--from", "2024-02-20", "--to", "2024-04-05")
    Installation(folder).run("generate", "--cows", 12, *period, "--seed", 5, "-o", folder / "herd")
    return folder / "herd"


@pytest.fixture(scope="module")
def embedded(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Everything on the embedded engines, which the others are compared with."""
    herd = Installation(tmp_path_factory.mktemp("embedded") / "data", "Europe/Berlin")
    _send_everything(herd, generated)
    return herd


@pytest.mark.stack
def test_every_kind_of_fault_is_among_the_messages(embedded: Installation) -> None:
    """Else equal layers would say little."""
    codes = {code for (code,) in embedded.query("SELECT DISTINCT code FROM silver_quarantine")}
    assert codes == {
        "bad_characters", "bad_date", "bad_json", "bad_timestamp", "bad_type", "bad_utf8", "implausible", "in_future",
        "missing", "negative", "not_a_number", "out_of_range", "too_long",
    }  # fmt: skip
    states = embedded.query("SELECT DISTINCT state FROM silver_measurements")
    assert {state for (state,) in states} == {"accepted", "pending", "deleted"}
    statuses = embedded.query("SELECT DISTINCT status FROM silver_quarantine")
    assert {status for (status,) in statuses} == {"open", "superseded"}
    for table in ("gold_cows", "gold_sensors"):
        retired = f"SELECT count(*) FROM {table} WHERE retired_at IS NOT NULL"
        assert embedded.query(retired) > [(0,)]


def _cow(herd: Installation, cow_id: str) -> dict[str, Any]:
    answer = herd.ask("cow", cow_id)
    return {name: value for name, value in answer.items() if name not in RECEIVED}


@on("herd", *OTHER_PAIRINGS)
def test_the_same_messages_give_the_same_layers(
    herd: Installation, embedded: Installation, generated: Path
) -> None:
    herd.zone = embedded.zone
    _send_everything(herd, generated)
    assert_audit_is_balanced(herd)
    _assert_same(_dump(herd), _dump(embedded))
    for day in DAYS:
        assert herd.ask("report", day) == embedded.ask("report", day)
    assert _cow(herd, "anna") == _cow(embedded, "anna")


def _hashes(herd: Installation) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a hash of all of them in an order of their own."""
    hashes = {}
    with herd.store() as store:
        for table, columns in LAYERS.items():
            rows, number = hashlib.sha256(), 0
            order = ", ".join(str(place + 1) for place in range(columns.count(",") + 1))
            for row in store.execute(f"SELECT {columns} FROM {table} ORDER BY {order}"):
                rows.update(repr(row).encode())
                number += 1
            hashes[table] = number, rows.hexdigest()
    return hashes


@pytest.fixture(scope="module")
def embedded_hashes(
    real_herd_on: Callable[[Engines], Installation],
) -> dict[str, tuple[int, str]]:
    return _hashes(real_herd_on(EMBEDDED))


@pytest.mark.slow
@on("real_herd", *OTHER_PAIRINGS)
def test_the_real_data_gives_the_same_layers(
    real_herd: Installation, embedded_hashes: dict[str, tuple[int, str]]
) -> None:
    hashes = _hashes(real_herd)
    assert {table: hashes[table][0] for table in ROWS} == ROWS
    assert hashes == embedded_hashes
    assert_audit_is_balanced(real_herd)
    assert real_herd.ask("report", REPORT_DAY)["milk_production"]
