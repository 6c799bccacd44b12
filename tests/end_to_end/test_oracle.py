"""The oracle itself, on cases that a person can count by hand."""

from __future__ import annotations

import datetime as dt
import random
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import files
import oracle
import pyarrow as pa
import pytest

MORNING = files.seconds("2024-03-01T06:00:00+00:00")


@pytest.fixture
def rules() -> duckdb.DuckDBPyConnection:
    connection = oracle.connect(":memory:")
    connection.execute((oracle.SQL_FOLDER / "rules.sql").read_text(encoding="utf-8"))
    return connection


def _build(
    folder: Path, readings: list[files.Reading], zone: str = "UTC"
) -> duckdb.DuckDBPyConnection:
    files.write_cows(folder, [("cow", "Berta #1", None)])
    files.write_sensors(folder, [("milk", "L"), ("scale a", "kg"), ("scale b", "kg")])
    files.write_measurements(folder, readings)
    return oracle.build(folder, zone=zone)


def test_doubles_become_millionths_by_their_shortest_text(rules: duckdb.DuckDBPyConnection) -> None:
    chance = random.Random(11)
    ties = [(chance.randrange(10**10) * 10 + 5) / 10**7 for _ in range(20_000)]
    others = [chance.uniform(-1, 2) * 10 ** chance.randrange(-9, 7) for _ in range(20_000)]
    rules.register("numbers", pa.table({"number": pa.array(ties + others, pa.float64())}))
    answers = rules.execute("SELECT number, millionths(number) FROM numbers").fetchall()
    for number, millionths in answers:
        text = Decimal(repr(number))
        rounded = text.scaleb(6).quantize(Decimal(1), ROUND_HALF_EVEN)
        assert millionths == int(rounded), number


def test_the_unit_of_unix_time_is_told_by_its_size(rules: duckdb.DuckDBPyConnection) -> None:
    same = [1594425600.0, 1594425600e3, 1594425600e6, 1594425600e9]
    query = "SELECT DISTINCT unix_microseconds(unnest(CAST(? AS DOUBLE[])))"
    assert rules.execute(query, [same]).fetchall() == [(1594425600_000_000,)]


def test_the_later_good_row_of_a_key_wins(tmp_path: Path) -> None:
    values = [10.0, -1.0, 11.5, 61.0]
    connection = _build(tmp_path, [("milk", "cow", MORNING, value) for value in values])
    silver = connection.execute("SELECT value_millionths, state FROM silver_measurements")
    assert silver.fetchall() == [(11_500_000, "accepted")]
    refused = "SELECT code, status FROM silver_quarantine ORDER BY code"
    assert connection.execute(refused).fetchall() == [
        ("implausible", "open"),
        ("negative", "superseded"),
    ]


def test_of_equally_new_weights_the_smallest_sensor_counts(tmp_path: Path) -> None:
    readings = [("scale b", "cow", MORNING, 500.0), ("scale a", "cow", MORNING, 510.0)]
    connection = _build(tmp_path, readings)
    weights = oracle.report(connection, dt.date(2024, 3, 1))["cow_weights"]
    assert weights == [
        {
            "cow_id": "cow",
            "cow_name": "Berta #1",
            "current_weight": 510.0,
            "avg_weight_last_30_days": 505.0,
        }
    ]


def test_metrics_are_litres_and_kilograms_of_every_unit_and_kind(tmp_path: Path) -> None:
    sensors = [("l", "Liters", None), ("g", "GAL", None), ("m", "kg", "milk"), ("p", "lbs", None), ("v", "L", "weight")]
    files.write_cows(tmp_path, [("cow", "Berta #1", None)])
    files.write_sensors(tmp_path, sensors)
    # 15.141647136 L, 9.999… L of 10.31 kg, 22.6796185 kg (to the even millionth), and a volume of weight.
    readings = [("l", 10.0), ("g", 4.0), ("m", 10.309999), ("p", 50.0), ("v", 1e6)]
    refused = [("g", 15.850324), ("m", 61.860001), ("p", 44.092451), ("v", 1000000.000001)]
    files.write_measurements(
        tmp_path,
        [(sensor, "cow", MORNING + second, value) for second, (sensor, value) in enumerate(readings + refused)],
    )
    connection = oracle.build(tmp_path)
    units = connection.execute("SELECT id, unit, kind FROM gold_sensors ORDER BY id").fetchall()
    assert units == [
        ("g", "gal", None), ("l", "L", None), ("m", "kg", "milk"), ("p", "lb", None), ("v", "L", "weight"),
    ]  # fmt: skip
    metrics = "SELECT milk_sum_millionths, milk_count, weight_sum_millionths, weight_count FROM gold_cow_daily_metrics"
    assert connection.execute(metrics).fetchall() == [(10_000_000 + 15_141_647 + 9_999_999, 3, 22_679_618, 1)]
    codes = "SELECT code, count(*) FROM silver_quarantine GROUP BY code"
    assert connection.execute(codes).fetchall() == [("implausible", 4)]


def test_a_day_of_the_farm_has_23_or_25_hours(tmp_path: Path) -> None:
    start = files.seconds("2017-10-28T22:00:00+00:00")
    readings = [("milk", "cow", start + hour * 3600, 1.0) for hour in range(50)]
    connection = _build(tmp_path, readings, zone="Europe/Berlin")
    days = "SELECT date, milk_count FROM gold_cow_daily_metrics ORDER BY date LIMIT 2"
    assert connection.execute(days).fetchall() == [
        (dt.date(2017, 10, 29), 25),
        (dt.date(2017, 10, 30), 24),
    ]


def test_the_week_of_new_year_belongs_to_its_thursday(tmp_path: Path) -> None:
    days = ["2024-12-29", "2024-12-30", "2025-01-05", "2025-01-06"]
    readings = [("milk", "cow", files.seconds(f"{day}T12:00:00+00:00"), 1.0) for day in days]
    connection = _build(tmp_path, readings)
    weeks = connection.execute(
        "SELECT week, month, year, records_count FROM gold_measurements_weekly_aggregations "
        "ORDER BY year, week"
    )
    assert weeks.fetchall() == [(52, 12, 2024, 1), (1, 1, 2025, 2), (2, 1, 2025, 1)]


def test_a_day_of_the_herd_counts_what_was_refused_and_not_overtaken(tmp_path: Path) -> None:
    tomorrow, later = MORNING + 24 * 3600, MORNING + 72 * 3600
    readings = [
        ("milk", "cow", MORNING, 60.5),
        ("milk", "cow", MORNING, 10.0),
        ("milk", "cow", MORNING + 60, 61.0),
        ("scale a", "cow", MORNING, 500.0),
        ("scale b", "cow", MORNING + 60, 510.0),
        ("milk", "cow", tomorrow, -1.0),
        ("milk", "cow", tomorrow, -2.0),
        ("milk", "cow", 1.0, -1.0),
        ("milk", "unknown", later, 1.0),
    ]
    connection = _build(tmp_path, readings)
    assert connection.execute("SELECT * FROM gold_herd_days ORDER BY date").fetchall() == [
        (dt.date(2024, 3, 1), 10_000_000, 1, 510.0, 1, 3, 1),
        (dt.date(2024, 3, 2), 0, 0, None, 0, 0, 1),
    ]


def test_a_mean_of_milk_is_of_the_days_in_a_row(tmp_path: Path) -> None:
    litres = {0: 10.0, 1: 20.0, 3: 5.0, 4: 0.0}
    readings = [("milk", "cow", MORNING + day * 24 * 3600, value) for day, value in litres.items()]
    readings.append(("scale a", "cow", MORNING + 2 * 24 * 3600, 500.0))
    connection = _build(tmp_path, readings)
    assert connection.execute("SELECT * FROM gold_cow_milk_means ORDER BY date").fetchall() == [
        ("cow", dt.date(2024, 3, 1), 10.0, 1),
        ("cow", dt.date(2024, 3, 2), 15.0, 2),
        ("cow", dt.date(2024, 3, 4), 5.0, 1),
        ("cow", dt.date(2024, 3, 5), 2.5, 2),
    ]


def test_codes_follow_the_order_of_the_rules(tmp_path: Path) -> None:
    nan, inf = float("nan"), float("inf")
    cases: list[tuple[files.Reading, str | None]] = [
        (("", " cow", nan, nan), "missing"),
        (("milk", " cow", nan, nan), "bad_characters"),
        (("milk", "c" * 256, MORNING, 1.0), "too_long"),
        (("milk", "cow", None, -1.0), "missing"),
        (("milk", "cow", inf, -1.0), "bad_timestamp"),
        (("milk", "cow", 4e9, -1.0), "in_future"),
        (("milk", "cow", 1.0, -1.0), "out_of_range"),
        (("milk", "cow", MORNING, nan), "missing"),
        (("milk", "cow", MORNING, inf), "not_a_number"),
        (("milk", "cow", MORNING, -1e300), "negative"),
        (("milk", "cow", MORNING, 60.0000006), "implausible"),
        (("unknown", "cow", MORNING, 1000000.000001), "implausible"),
        (("scale a", "cow", MORNING, 19.9999994), "implausible"),
        (("milk", "cow", MORNING, 60.0000005), None),
        (("unknown", "cow", MORNING, 1e6), None),
    ]
    connection = _build(tmp_path, [reading for reading, _ in cases])
    codes = connection.execute("SELECT code FROM judged_measurements ORDER BY position").fetchall()
    assert [code for (code,) in codes] == [code for _, code in cases]


def test_a_report_judges_complete_days_with_two_readings(tmp_path: Path) -> None:
    evening, tomorrow = MORNING + 12 * 3600, MORNING + 24 * 3600
    readings = [
        ("milk", "cow", MORNING, 1.0),
        ("milk", "cow", evening, 2.0),
        ("milk", "cow", tomorrow, 1.0),
        ("milk", "cow", tomorrow + 3600, 2.0),
    ]
    connection = _build(tmp_path, readings)
    ill = [{"cow_id": "cow", "cow_name": "Berta #1", "litres": 3.0, "readings": 2}]
    assert oracle.report(connection, dt.date(2024, 3, 1))["ill_cows"] == ill
    assert oracle.report(connection, dt.date(2024, 3, 2))["ill_cows"] == []
