"""The independent oracle: what docs/data-dictionary.md says must come of three Parquet files, in plain SQL.

    oracle.py PARQUET_FOLDER --database FILE [--zone Europe/Berlin] [--threads N]

It shares nothing with herdflow's code; a difference between the two is a fault in one of them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from pathlib import Path

import duckdb

SQL_FOLDER = Path(__file__).resolve().parent / "sql"

# In the order in which they need one another; each file makes the table it is named for.
STEPS = (
    "rules",
    "cows",
    "sensors",
    "judged_measurements",
    "silver_measurements",
    "silver_quarantine",
    "gold_measurements_daily_aggregations",
    "gold_measurements_weekly_aggregations",
    "gold_measurements_monthly_aggregations",
    "gold_measurements_yearly_aggregations",
    "gold_cow_daily_metrics",
    "gold_herd_days",
    "gold_cow_milk_means",
    "report",
)
COUNTED = tuple(step for step in STEPS if step.startswith(("silver_", "gold_")))


def connect(database: Path | str, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file that never asks the network for an extension."""
    connection = duckdb.connect(str(database), config={"autoinstall_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    if threads is not None:
        connection.execute(f"SET threads = {threads}")
    return connection


def set_inputs(
    connection: duckdb.DuckDBPyConnection, folder: Path, zone: str, received: dt.datetime
) -> None:
    """Name the three files, the farm's time zone and the moment at which they were received."""
    for name in ("cows", "sensors", "measurements"):
        file = str(folder / f"{name}.parquet")
        connection.execute(f"SET VARIABLE {name}_file = ?", [file])
    connection.execute("SET VARIABLE zone = ?", [zone])
    utc = received.astimezone(dt.UTC).replace(tzinfo=None)
    connection.execute("SET VARIABLE received = ?::TIMESTAMP", [utc])


def build(
    folder: Path,
    database: Path | str = ":memory:",
    zone: str = "UTC",
    received: dt.datetime | None = None,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Compute every table; the connection answers questions about them."""
    connection = connect(database, threads)
    set_inputs(connection, folder, zone, received or dt.datetime.now(dt.UTC))
    for step in STEPS:
        connection.execute((SQL_FOLDER / f"{step}.sql").read_text(encoding="utf-8"))
    connection.execute("CHECKPOINT")
    return connection


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: object
) -> list[dict[str, object]]:
    """The answer to a query, each row by the names of its columns."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def report(connection: duckdb.DuckDBPyConnection, day: dt.date) -> dict[str, object]:
    """The daily report in the shape of the HTTP answer; `ill_cows` has numbers for the reason."""
    frame = rows(connection, "SELECT * FROM report_frame(CAST(? AS DATE))", day)[0]
    return {
        **{name: str(frame[name]) if frame[name] else None for name in ("data_from", "data_to")},
        "report_date": str(day),
        "so_far": frame["so_far"],
        "milk_production": rows(connection, "SELECT * FROM report_milk(CAST(? AS DATE))", day),
        "cow_weights": rows(connection, "SELECT * FROM report_weights(CAST(? AS DATE))", day),
        "ill_cows": rows(connection, "SELECT * FROM report_ill(CAST(? AS DATE))", day),
    }


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Rows of every table, and of quarantine by code."""
    result: dict[str, object] = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        for table in COUNTED
    }
    by_code = "SELECT code, count(*) FROM silver_quarantine GROUP BY code ORDER BY code"
    result["quarantine_by_code"] = dict(connection.execute(by_code).fetchall())
    return result


def main(arguments: list[str]) -> int:
    """Build the database file and print what is in it as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds cows, sensors and measurements .parquet")
    parser.add_argument("--database", type=Path, required=True, help="the DuckDB file to make")
    parser.add_argument("--zone", default="UTC", help="the farm's IANA time zone")
    parser.add_argument("--threads", type=int, help="DuckDB threads (default: one a core)")
    chosen = parser.parse_args(arguments)
    chosen.database.unlink(missing_ok=True)

    started = time.perf_counter()
    connection = build(chosen.folder, chosen.database, chosen.zone, threads=chosen.threads)
    seconds = time.perf_counter() - started
    print(json.dumps({"sql_seconds": round(seconds, 3), **counts(connection)}, indent=2))
    connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
