"""The real files through topics, loader and pipelines."""

from __future__ import annotations

import datetime as dt
import random

import duckdb
import oracle
import pytest
import reports
from comparison import (
    EVERYTHING,
    Comparable,
    ask_oracle,
    assert_audit_is_balanced,
    assert_equals_oracle,
)
from engines import EMBEDDED, SERVERS, on
from installation import Installation

pytestmark = [pytest.mark.slow, on("real_herd", EMBEDDED, SERVERS)]

# What the rules make of the real files.
ROWS = {
    "bronze_measurements": 563_627,
    "silver_measurements": 551_182,
    "silver_quarantine": 12_445,
    "gold_measurements_daily_aggregations": 544_441,
    "gold_measurements_weekly_aggregations": 498_832,
    "gold_measurements_monthly_aggregations": 364_820,
    "gold_measurements_yearly_aggregations": 72_389,
    "gold_cow_daily_metrics": 94_053,
    "gold_herd_days": 1_462,
    "gold_cow_milk_means": 93_004,
    "bronze_cows": 128,
    "gold_cows": 128,
    "bronze_sensors": 200,
    "gold_sensors": 200,
}
REPORT_DAY = dt.date(2024, 4, 7)


@pytest.mark.parametrize("table", ROWS)
def test_every_layer_holds_exactly_the_rows_of_the_contract(
    real_herd: Installation, table: str
) -> None:
    """`bronze 563,627 measurements, exactly these counts in silver, … and gold`."""
    assert real_herd.count(table) == ROWS[table]


def test_quarantine_by_code(real_herd: Installation) -> None:
    """`quarantine by code`."""
    by_code = real_herd.query("SELECT code, count(*) FROM silver_quarantine GROUP BY code")
    assert dict(by_code) == {"missing": 3_393, "negative": 3_425, "implausible": 5_627}


def test_all_of_silver_is_accepted(real_herd: Installation) -> None:
    states = real_herd.query("SELECT state, count(*) FROM silver_measurements GROUP BY state")
    assert states == [("accepted", 551_182)]


def test_the_audit_equation_is_at_0(real_herd: Installation) -> None:
    """`next_offset - first_offset = raw rows + holes`; the log has no holes."""
    assert_audit_is_balanced(real_herd)
    assert real_herd.query("SELECT sum(holes) FROM ops_consumer_offsets") == [(0,)]


@pytest.mark.parametrize("what", EVERYTHING, ids=lambda what: what.table)
def test_tables_equal_the_oracle_row_for_row(
    real_herd: Installation, real_oracle: duckdb.DuckDBPyConnection, what: Comparable
) -> None:
    """`An independent oracle … recomputes every gold table`."""
    with real_herd.store() as store:
        assert assert_equals_oracle(store, real_oracle, what) > 0


def test_quarantine_equals_the_oracle_row_for_row(
    real_herd: Installation, real_oracle: duckdb.DuckDBPyConnection
) -> None:
    columns = "topic, sensor_id, cow_id, code, field, status"
    query = f"SELECT {columns}, count(*) FROM silver_quarantine GROUP BY ALL ORDER BY ALL"
    expected = ask_oracle(real_oracle, query)
    query = f"SELECT {columns}, count(*) FROM silver_quarantine GROUP BY {columns}"
    assert sorted(real_herd.query(query)) == sorted(expected)


def test_the_day_of_the_contract(real_herd: Installation) -> None:
    """`2024-04-07: 707 accepted readings of 121 cows, 1,806.91 L`."""
    day = real_herd.query(
        "SELECT count(*), count(DISTINCT cow_id) FROM silver_measurements "
        "WHERE farm_day = ? AND state = 'accepted'",
        REPORT_DAY.isoformat(),
    )
    assert day == [(707, 121)]
    milk = reports.from_command(real_herd, REPORT_DAY)["milk_production"]
    assert round(sum(row["milk_produced"] for row in milk), 2) == 1806.91


def _days_to_compare(connection: duckdb.DuckDBPyConnection) -> list[dt.date]:
    """20 random days of the data, its ends, the days outside them, and one with ill cows."""
    bounds = "SELECT min(farm_day), max(farm_day) FROM accepted_measurements"
    [(first, last)] = ask_oracle(connection, bounds)
    chance = random.Random(20)
    drawn = [first + dt.timedelta(chance.randrange((last - first).days)) for _ in range(20)]
    edges = [first - dt.timedelta(1), first, last, last + dt.timedelta(1)]
    [(ill,)] = ask_oracle(
        connection,
        "SELECT min(date) FROM gold_cow_daily_metrics "
        "WHERE milk_count >= 2 AND milk_sum_millionths < 5_000_000",
    )
    return [REPORT_DAY, *drawn, *edges, ill]


def test_reports_of_20_random_dates_agree(
    real_herd: Installation, real_oracle: duckdb.DuckDBPyConnection
) -> None:
    """`the report of 20 random dates, weights included; command line, HTTP and oracle agree`."""
    with real_herd.serve() as server:
        for day in _days_to_compare(real_oracle):
            shown = reports.from_http(server, day)
            reports.assert_equals_oracle(shown, real_oracle, day)
            assert reports.from_command(real_herd, day) == shown


def test_reports_agree_without_a_server(
    real_herd: Installation, real_oracle: duckdb.DuckDBPyConnection
) -> None:
    """`All work while serve runs and without it`."""
    reports.assert_equals_oracle(
        reports.from_command(real_herd, REPORT_DAY), real_oracle, REPORT_DAY
    )


def test_a_cow_by_command_and_by_http(
    real_herd: Installation, real_oracle: duckdb.DuckDBPyConnection
) -> None:
    """The latest daily aggregate; of those of that day the sensor with the newest reading."""
    newest = ask_oracle(
        real_oracle,
        "SELECT cow_id, sensor_id FROM accepted_measurements QUALIFY row_number() "
        "OVER (PARTITION BY cow_id ORDER BY timestamp DESC, sensor_id) = 1 "
        "ORDER BY cow_id LIMIT 10",
    )
    daily = (
        "SELECT sensor_id, cow_id, CAST(date AS VARCHAR) AS date, average_value, min_value, "
        "max_value, records_count FROM gold_measurements_daily_aggregations "
        "WHERE cow_id = ? AND sensor_id = ? ORDER BY date DESC LIMIT 1"
    )
    with real_herd.serve() as server:
        for cow_id, sensor_id in newest:
            answer = server.get(f"/cows/{cow_id}")
            assert answer.status_code == 200, answer.text
            shown = answer.json()["latest_sensor_data"]
            assert [shown] == oracle.rows(real_oracle, daily, cow_id, sensor_id)
            assert real_herd.ask("cow", cow_id)["latest_sensor_data"] == shown
