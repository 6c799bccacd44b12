"""A Kafka topic to bronze in MariaDB, the offsets in the transaction of the rows.

herdflow: `load`, a fresh process on databases that are not there yet. Beside it the bare array
binding of MariaDB Connector/C writing the same rows into the same table (bench/programs), and
pandas `to_sql` of a tenth of the readings into a plain table, as the seed system loaded them.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from urllib.parse import quote_plus

import measure
import pandas
import sqlalchemy
import stack
from stack import BENCH_DATABASE, Measured, Stack, StackHerd, array_insert

WANTED_SHARE = 0.7
PANDAS_SHARE = 10  # One row in so many.
RESIDENT_WANTED_MB = 150


def run_pandas(servers: Stack, data: Path) -> float:
    """Seconds for all rows, extrapolated from a part."""
    readings = pandas.read_parquet(data / "measurements.parquet")
    part = readings.iloc[: len(readings) // PANDAS_SHARE]
    password = quote_plus(servers.read("mariadb", "password"))
    engine = sqlalchemy.create_engine(
        f"mysql+pymysql://{stack.USER}:{password}@localhost/{BENCH_DATABASE}"
        f"?unix_socket={servers.socket}"
    )
    started = time.perf_counter()
    part.to_sql("pandas_measurements", engine, if_exists="replace", index=False)
    wall = time.perf_counter() - started
    engine.dispose()
    return wall * len(readings) / len(part)


def drain(servers: Stack, work: Path, number: int) -> tuple[StackHerd, Measured]:
    herd = servers.herd("drain.", f"drain{number}_", work / "data")
    measured = herd.measured("load")
    return herd, measured


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "kafka_drain")
    program = measure.build("array_insert")
    measure.print_machine(work)
    ours, bare, pandas_seconds = [], [], []
    with stack.start(chosen.quick) as servers:
        stack.print_servers(servers)
        servers.make_bench_database()
        servers.herd("drain.", "drain_", work / "data").run("seed", chosen.data)
        rows = servers.count("drain.measurements")
        for number in range(chosen.runs):
            herd, measured = drain(servers, work, number)
            ours.append(measured)
            [(loaded,)] = herd.query("SELECT count(*) FROM bronze_measurements_rows")
            if loaded != rows:
                sys.exit(f"bronze has {loaded} rows of {rows}")
            disk = servers.database_mb(herd.databases)
            table = f"{herd.databases}bronze_layer.measurements_rows"
            bare.append(array_insert(servers, table, program)[1])
            servers.drop(herd.databases)
            pandas_seconds.append(run_pandas(servers, chosen.data))
            walls = f"herdflow {ours[-1].cost.wall:.2f} s, array {bare[-1].cost.wall:.2f} s"
            print(f"run {number + 1}: {walls}, pandas {pandas_seconds[-1]:.0f} s", file=sys.stderr)
        server_mb = servers.peak_mb("mariadb")

    def rates(seconds: list[float]) -> str:
        return measure.summary((rows / each for each in seconds), 0)

    walls, bare_walls = ([run.cost.wall for run in runs] for runs in (ours, bare))
    measure.print_table(
        (*stack.COST_HEAD, "rows/s", "disk MB"),
        [
            stack.cost_row("**herdflow load**", ours, rates(walls), f"{disk:.0f}"),
            stack.cost_row("**array binding**, bare", bare, rates(bare_walls), ""),
            (
                f"**pandas** `to_sql`, {PANDAS_SHARE} times a tenth",
                measure.summary(pandas_seconds),
                *[""] * 3,
                rates(pandas_seconds),
                "",
            ),
        ],
    )
    share = statistics.median(bare_walls) / statistics.median(walls)
    print(f"\n{rows:,} messages; the array binding's servers' CPU includes reading the rows before")
    print(f"herdflow's share of the bare rate, medians: {share:.2f}; ", end="")
    print(f"wanted: at least {WANTED_SHARE:.2f}")
    peak = max(run.cost.resident_mb for run in ours)
    print(f"herdflow's peak: {peak:.0f} MB; wanted: at most {RESIDENT_WANTED_MB}; ", end="")
    print(f"MariaDB's: {server_mb:.0f} MB")


if __name__ == "__main__":
    main()
