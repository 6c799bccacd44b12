"""Bronze to silver and gold in MariaDB, cold.

herdflow: `pipeline run` on a store that was only loaded. Beside it the bare array binding of the
rows that it writes to silver, quarantine and gold, and the same in SQL by hand (mysql_pipeline.sql),
which sees neither revisions of a later run, nor dirty days, nor what waits.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import measure
import stack
from stack import BENCH_DATABASE, Measured, Stack, StackHerd, Usage, array_insert

WANTED = 2.0
SQL_FILE = Path(__file__).with_suffix(".sql")
TABLES = (
    "silver_layer.measurements_rows",
    "silver_layer.quarantine_rows",
    "gold_layer.measurements_daily_aggregations_rows",
    "gold_layer.measurements_weekly_aggregations_rows",
    "gold_layer.measurements_monthly_aggregations_rows",
    "gold_layer.measurements_yearly_aggregations_rows",
    "gold_layer.cow_daily_metrics_rows",
    "gold_layer.herd_days_rows",
    "gold_layer.cow_milk_means_rows",
)


@dataclass(frozen=True)
class SqlRun:
    wall: float
    servers: Usage
    accepted: int
    daily: int


def write_bare(servers: Stack, herd: StackHerd, program: Path) -> tuple[int, Measured]:
    """Rows of all tables, and what writing them took together."""
    total, rows = None, 0
    for table in TABLES:
        count, measured = array_insert(servers, herd.databases + table, program)
        rows += count
        if total is None:
            total = measured
        else:
            before, more = total.servers, measured.servers
            both = Usage(before.kafka + more.kafka, before.mariadb + more.mariadb)
            total = Measured(total.cost.then(measured.cost), both)
    assert total is not None
    return rows, total


def run_sql(servers: Stack, herd: StackHerd) -> SqlRun:
    """The statements of the file, one after the other, each committed by itself."""
    layers = {layer: f"{herd.databases}{layer}_layer" for layer in ("bronze", "silver", "gold")}
    statements = SQL_FILE.read_text(encoding="utf-8").format(out=BENCH_DATABASE, **layers)
    before = servers.usage()
    started = time.perf_counter()
    for statement in statements.split(";\n"):
        if statement.strip():
            servers.execute(statement)
    wall = time.perf_counter() - started
    usage = servers.usage().since(before)
    [(accepted, daily)] = herd.query(
        f"SELECT (SELECT count(*) FROM {BENCH_DATABASE}.sql_silver), "
        f"(SELECT count(*) FROM {BENCH_DATABASE}.sql_daily)"
    )
    return SqlRun(wall, usage, accepted, daily)


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "mysql_pipeline")
    program = measure.build("array_insert")
    measure.print_machine(work)
    ours, bare, by_hand = [], [], []
    with stack.start(chosen.quick) as servers:
        stack.print_servers(servers)
        servers.make_bench_database()
        servers.herd("herd.", "herd_", work / "data").run("seed", chosen.data)
        for number in range(chosen.runs):
            herd = servers.herd("herd.", f"herd{number}_", work / "data")
            herd.run("load")
            ours.append(herd.measured("pipeline", "run"))
            disk = servers.database_mb(herd.databases)
            servers.settle()
            rows, measured = write_bare(servers, herd, program)
            bare.append(measured)
            by_hand.append(run_sql(servers, herd))
            check(herd, by_hand[-1])
            servers.drop(herd.databases)
            walls = f"herdflow {ours[-1].cost.wall:.2f} s, array {bare[-1].cost.wall:.2f} s"
            print(f"run {number + 1}: {walls}, SQL {by_hand[-1].wall:.2f} s", file=sys.stderr)
        server_mb = servers.peak_mb("mariadb")
    measure.print_table(
        (*stack.COST_HEAD, "disk MB"),
        [
            stack.cost_row("**herdflow pipeline run**", ours, f"{disk:.0f} with bronze"),
            stack.cost_row("**array binding** of the rows written", bare, ""),
            (
                "**SQL by hand**",
                measure.summary(run.wall for run in by_hand),
                "",
                measure.summary(run.servers.mariadb for run in by_hand),
                "",
                "",
            ),
        ],
    )
    median = statistics.median(run.cost.wall for run in ours)
    ratio = median / statistics.median(run.cost.wall for run in bare)
    sql_ratio = median / statistics.median(run.wall for run in by_hand)
    print(f"\n{rows:,} rows written; the array binding's servers' CPU includes reading them before")
    print(f"herdflow / array binding, medians: {ratio:.2f}; wanted: at most {WANTED:.0f}")
    print(f"herdflow / SQL by hand, medians: {sql_ratio:.2f}; MariaDB's peak: {server_mb:.0f} MB")


def check(herd: StackHerd, by_hand: SqlRun) -> None:
    """Both sides found the same number of readings and days."""
    [(accepted, daily)] = herd.query(
        "SELECT (SELECT count(*) FROM silver_measurements_rows WHERE state = 0), "
        "(SELECT count(*) FROM gold_measurements_daily_aggregations_rows)"
    )
    if (accepted, daily) != (by_hand.accepted, by_hand.daily):
        sys.exit(f"herdflow: {accepted} accepted, {daily} days; SQL by hand: {by_hand}")


if __name__ == "__main__":
    main()
