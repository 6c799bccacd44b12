"""Pending, corrected, refused, deleted, brought back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import files
import pytest
from installation import Installation, Server

MORNING = "2024-03-01T06:00:00+00:00"
SECONDS = files.seconds(MORNING)
DAY = dt.date(2024, 3, 1)
READING = {"sensor_id": "milk", "cow_id": "berta", "timestamp": SECONDS}


def _send(server: Server, route: str, **body: object) -> dict[str, Any]:
    answer = server.post(route, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _send_value(herd: Installation, **fields: object) -> None:
    """One message about the reading, all the way to gold."""
    with herd.serve() as server:
        _send(server, "/measurement/", **READING, **fields)
    herd.process()


def _silver(herd: Installation) -> list[tuple[Any, ...]]:
    return herd.query("SELECT value, state FROM silver_measurements")


def _daily(herd: Installation) -> list[tuple[Any, ...]]:
    return herd.query(
        "SELECT average_value, min_value, max_value, records_count "
        "FROM gold_measurements_daily_aggregations"
    )


def _milk(herd: Installation) -> list[float]:
    report = herd.ask("report", DAY)
    return [row["milk_produced"] for row in report["milk_production"]]


@pytest.fixture
def known(herd: Installation, tmp_path: Path) -> Installation:
    """A herd of one cow with one milk meter and one reading of 10 L."""
    folder = tmp_path / "files"
    files.write_cows(folder, [("berta", "Berta #1", dt.date(2019, 5, 6))])
    files.write_sensors(folder, [("milk", "L")])
    files.write_measurements(folder, [("milk", "berta", SECONDS, 10.0)])
    herd.seed_and_process(folder)
    assert (_silver(herd), _milk(herd)) == ([(10.0, "accepted")], [10.0])
    return herd


def test_a_reading_waits_for_its_cow_and_its_sensor(herd: Installation, tmp_path: Path) -> None:
    """`a reading whose cow or sensor is not known yet is pending and is re-judged`."""
    folder = tmp_path / "files"
    herd.seed_and_process(files.write_measurements(folder, [("milk", "berta", SECONDS, 10.0)]))
    assert (_silver(herd), _daily(herd)) == ([(10.0, "pending")], [])
    herd.seed_and_process(files.write_sensors(folder, [("milk", "L")]))
    assert (_silver(herd), _daily(herd)) == ([(10.0, "pending")], [])
    herd.seed_and_process(files.write_cows(folder, [("berta", "Berta #1", None)]))
    assert _silver(herd) == [(10.0, "accepted")]
    assert _daily(herd) == [(10.0, 10.0, 10.0, 1)]
    assert _milk(herd) == [10.0]
    assert herd.count("bronze_measurements") == 1


def test_a_reading_waits_also_when_all_come_by_http(herd: Installation) -> None:
    with herd.serve() as server:
        _send(server, "/measurement", **READING, value="10.0")
        _send(server, "/sensor", id="milk", unit="L")
    herd.process()
    assert _silver(herd) == [(10.0, "pending")]
    with herd.serve() as server:
        _send(server, "/cow", id="berta", name="Berta #1", birthdate="2019-05-06")
    herd.process()
    assert (_silver(herd), _milk(herd)) == ([(10.0, "accepted")], [10.0])


def test_a_waiting_reading_is_judged_by_its_sensor_at_last(
    herd: Installation, tmp_path: Path
) -> None:
    """500 may be a weight; as milk it is implausible, and is known only once the unit is."""
    folder = tmp_path / "files"
    files.write_cows(folder, [("berta", "Berta #1", None)])
    files.write_measurements(folder, [("milk", "berta", SECONDS, 500.0)])
    herd.seed_and_process(folder / "cows.parquet", folder / "measurements.parquet")
    assert _silver(herd) == [(500.0, "pending")]
    herd.seed_and_process(files.write_sensors(folder, [("milk", "L")]))
    assert _silver(herd) == []
    assert herd.query("SELECT code, field, status FROM silver_quarantine") == [
        ("implausible", "value", "open")
    ]


def test_the_same_reading_twice_is_one_row(known: Installation) -> None:
    """`the same reading twice is one row`."""
    _send_value(known, value="10.00")
    assert known.count("bronze_measurements") == 2
    assert (_silver(known), _milk(known)) == ([(10.0, "accepted")], [10.0])


def test_a_correction_moves_every_aggregate(known: Installation) -> None:
    """`the higher version wins`."""
    _send_value(known, value="12.5")
    assert _silver(known) == [(12.5, "accepted")]
    assert _milk(known) == [12.5]
    for period in ("daily", "weekly", "monthly", "yearly"):
        aggregates = known.query(
            "SELECT average_value, min_value, max_value, records_count "
            f"FROM gold_measurements_{period}_aggregations"
        )
        assert aggregates == [(12.5, 12.5, 12.5, 1)], period
    herd_days = known.query("SELECT milk_sum, cows_milked, readings, refused FROM gold_herd_days")
    assert herd_days == [(12.5, 1, 1, 0)]
    means = known.query("SELECT average_milk, milk_days FROM gold_cow_milk_means")
    assert means == [(12.5, 1)]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-1, "negative"),
        (None, "missing"),
        ("many", "not_a_number"),
        (60.1, "implausible"),
        (2e6, "implausible"),
    ],
)
def test_an_invalid_correction_replaces_nothing(
    known: Installation, value: object, code: str
) -> None:
    """`an invalid correction replaces nothing`; a later valid one supersedes the entry."""
    _send_value(known, value=value)
    assert (_silver(known), _milk(known)) == ([(10.0, "accepted")], [10.0])
    entry = "SELECT code, field, status FROM silver_quarantine"
    assert known.query(entry) == [(code, "value", "open")]
    refused = "SELECT milk_sum, refused FROM gold_herd_days"
    assert known.query(refused) == [(10.0, 1)]
    _send_value(known, value=11)
    assert (_silver(known), _milk(known)) == ([(11.0, "accepted")], [11.0])
    assert known.query(entry) == [(code, "value", "superseded")]
    assert known.query(refused) == [(11.0, 0)]


def test_a_deletion_takes_the_reading_back_until_a_later_one(known: Installation) -> None:
    """`a deletion is merged as a state=deleted version`, and a later reading brings it back."""
    _send_value(known, deleted=True)
    assert [state for _, state in _silver(known)] == ["deleted"]
    assert (_daily(known), _milk(known)) == ([], [])
    assert known.count("gold_herd_days") + known.count("gold_cow_milk_means") == 0
    _send_value(known, value=9.25)
    assert (_silver(known), _milk(known)) == ([(9.25, "accepted")], [9.25])
    assert known.count("bronze_measurements") == 3


def test_a_reading_not_yet_seen_may_be_deleted(herd: Installation) -> None:
    """`also for a reading not yet seen`."""
    _send_value(herd, deleted=True)
    assert [state for _, state in _silver(herd)] == ["deleted"]


def test_one_instant_is_one_key_however_it_is_written(known: Installation) -> None:
    """`1594425600`, `1594425600000` and `"1594425600.0"` are one key."""
    spellings: list[object] = [
        int(SECONDS),
        int(SECONDS) * 1000,
        int(SECONDS) * 10**6,
        int(SECONDS) * 10**9,
        f"{SECONDS}",
        MORNING,
        "2024-03-01T06:00:00",
        "2024-03-01T07:00:00+01:00",
        "2024-03-01T06:00:00Z",
    ]
    with known.serve() as server:
        for number, timestamp in enumerate(spellings):
            body = {**READING, "timestamp": timestamp, "value": 20 + number}
            _send(server, "/measurement/", **body)
    known.process()
    assert known.count("bronze_measurements") == 1 + len(spellings)
    assert _silver(known) == [(20.0 + len(spellings) - 1, "accepted")]


def test_an_api_cow_takes_the_next_free_number(known: Installation) -> None:
    """`a name Base #N is kept, a bare Base gets that base's next free number`."""
    with known.serve() as server:
        made = server.http.post(server.backend + "/cows/", json={"name": "Berta"}, timeout=30)
        assert made.status_code in (200, 201), made.text
        assert made.json()["name"] == "Berta #2"
        kept = server.http.post(server.backend + "/cows", json={"name": "Berta #7"}, timeout=30)
        assert kept.json()["name"] == "Berta #7"
        shown = server.get(f"/cows/{made.json()['id']}")
        assert (shown.status_code, shown.json()["latest_sensor_data"]) == (200, None)
    known.process()
    names = known.query("SELECT name FROM gold_cows ORDER BY name")
    assert names == [("Berta #1",), ("Berta #2",), ("Berta #7",)]


def test_what_http_refuses(known: Installation) -> None:
    """`unparsable JSON 400, a missing or malformed id or time 422 with every offending field`."""
    with known.serve() as server:
        broken = server.http.post(server.producer + "/measurement/", data=b"{", timeout=30)
        assert broken.status_code == 400
        assert broken.headers["content-type"].startswith("application/problem+json")
        refused = server.post("/measurement/", {"cow_id": " blank ", "timestamp": "noon"})
        assert refused.status_code == 422
        for field in ("sensor_id", "cow_id", "timestamp"):
            assert field in refused.text
        accepted = _send(server, "/measurement/", **READING, value=-1)
        assert accepted["warnings"]
        assert server.get("/cows/nobody").status_code == 404
        for day in ("2024-13-01", "yesterday", "2999-01-01"):
            assert server.get(f"/generate-report/{day}").status_code == 400, day
    known.process()
    assert known.count("bronze_measurements") == 2


# When the files come and when the pipelines run between them. `b` and `g` are the bad and the good
# reading, `c` the cow, `s` the sensor, `|` a run of load and pipelines.
ARRIVALS = ("csbg", "bgcs", "bg|c|s", "bg|s|c", "b|gc|s", "cb|s|g", "c|s|b|g", "b|g|sc", "bcs|g")


@pytest.mark.parametrize("arrival", ARRIVALS)
@pytest.mark.parametrize(("bad", "code"), [(-1.0, "negative"), (500.0, "implausible")])
def test_neither_arrival_nor_runs_change_the_result(
    herd: Installation, tmp_path: Path, arrival: str, bad: float, code: str
) -> None:
    """Silver and gold are a pure function of the raw layer."""
    folder = tmp_path / "files"
    sent = {
        "c": files.write_cows(folder, [("berta", "Berta #1", None)]),
        "s": files.write_sensors(folder, [("milk", "L")]),
        "b": files.write_measurements(folder / "bad", [("milk", "berta", SECONDS, bad)]),
        "g": files.write_measurements(folder / "good", [("milk", "berta", SECONDS, 5.0)]),
    }
    for step in arrival:
        if step == "|":
            herd.process()
        else:
            herd.run("seed", sent[step])
    herd.process()
    assert (_silver(herd), _milk(herd)) == ([(5.0, "accepted")], [5.0])
    entries = herd.query("SELECT code, status FROM silver_quarantine")
    assert entries == [(code, "superseded")]
