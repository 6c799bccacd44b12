"""The report and a cow of one farm, asked for by HTTP, among 1, 100 and 1,000 farms of 100 cows.

Every cow has a milk and a weight reading a day for 35 days. One client on one connection asks for
one farm's newest complete report, and then for its cows, again and again; the herds are asked in
turns, each from a `serve` of its own. First with the embedded store, then with MariaDB, which is
loaded from the same log.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
from engines import Engines
from installation import Installation, Server

import measure
import stack

FARMS, FARMS_OF_QUICK = (1, 100, 1_000), (1, 3)
COWS, COWS_OF_QUICK, DAYS = 100, 5, 35
FIRST_DAY = dt.date(2025, 1, 1)
ASKED = 200
WANTED = 1.3
TABLE_HEAD = ("farms", "report, ms", "cow, ms", "report / one farm's", "cow / one farm's")


def farm(number: int) -> str:
    """An id."""
    return f"farm-{number}"


def write_herds(folder: Path, farms: int, cows: int) -> list[Path]:
    """The files of so many farms of so many cows, whose ids are all alike."""
    folder.mkdir(parents=True)
    start = int(dt.datetime.combine(FIRST_DAY, dt.time(6), dt.UTC).timestamp())
    tables = {
        "farms": "SELECT 'farm-' || f AS id, 'Farm ' || f AS name, 'UTC' AS time_zone FROM farms",
        "cows": "SELECT 'farm-' || f AS farm, 'cow-' || c AS id, 'Cow #' || c AS name, DATE '2020-05-01' AS birthdate "
        "FROM farms, cows",
        "sensors": "SELECT 'farm-' || f AS farm, s.id, s.unit FROM farms, sensors s",
        "measurements": "SELECT 'farm-' || f AS farm, s.id AS sensor_id, 'cow-' || c AS cow_id, "
        f"({start} + d * 86400)::DOUBLE AS timestamp, "
        "CASE s.unit WHEN 'L' THEN 20 + (c + d) % 10 ELSE 600 + (c + d) % 50 END::DOUBLE AS value "
        "FROM days, farms, cows, sensors s",
    }
    with duckdb.connect() as sql:
        sql.execute(f"CREATE TABLE farms AS SELECT range AS f FROM range({farms})")
        sql.execute(f"CREATE TABLE cows AS SELECT range AS c FROM range({cows})")
        sql.execute(f"CREATE TABLE days AS SELECT range AS d FROM range({DAYS})")
        sql.execute("CREATE TABLE sensors AS SELECT * FROM (VALUES ('milk', 'L'), ('scale', 'kg')) AS t(id, unit)")
        for name, select in tables.items():
            sql.execute(f"COPY ({select}) TO '{folder / name}.parquet' (FORMAT parquet)")
    return [folder / f"{name}.parquet" for name in tables]


def milliseconds(server: Server, paths: Iterator[str]) -> float:
    """The median of a request, each answer read to its end."""
    taken = []
    with contextlib.closing(http.client.HTTPConnection(server.backend.split("//")[1])) as client:
        for path in paths:
            started = time.perf_counter()
            client.request("GET", path)
            answer = client.getresponse()
            text = answer.read()
            taken.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:
                sys.exit(f"GET {path} was answered {answer.status}: {text!r}")
    return statistics.median(taken)


def ask(server: Server, farms: int, cows: int) -> tuple[float, float]:
    """Milliseconds of the report and of a cow of the farm in the middle."""
    base = f"/api/v1/farms/{farm(farms // 2)}"
    day = FIRST_DAY + dt.timedelta(days=DAYS - 2)
    return (
        milliseconds(server, (f"{base}/generate-report/{day}" for _ in range(ASKED))),
        milliseconds(server, (f"{base}/cows/cow-{number % cows}" for number in range(ASKED))),
    )


def print_answers(herds: Mapping[int, Installation], cows: int, runs: int) -> None:
    """The table of herds of so many farms."""
    answers: dict[int, list[tuple[float, float]]] = {}
    with contextlib.ExitStack() as servers:
        running = {farms: servers.enter_context(herd.serve()) for farms, herd in herds.items()}
        for _ in range(runs):
            for farms, server in running.items():
                answers.setdefault(farms, []).append(ask(server, farms, cows))
    alone = [statistics.median(column) for column in zip(*answers[1], strict=True)]
    rows = []
    for farms, asked in answers.items():
        reports, cows = zip(*asked, strict=True)
        ratios = (
            f"{statistics.median(column) / least:.2f}"
            for column, least in zip((reports, cows), alone, strict=True)
        )
        rows.append((str(farms), measure.summary(reports), measure.summary(cows), *ratios))
    measure.print_table(TABLE_HEAD, rows)


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False)
    work = measure.empty_folder(chosen.work / "farms")
    measure.print_machine(work)
    numbers, cows = (FARMS_OF_QUICK, COWS_OF_QUICK) if chosen.quick else (FARMS, COWS)
    herds = {farms: Installation(work / f"data_{farms}") for farms in numbers}
    for farms, herd in herds.items():
        herd.seed_and_process(*write_herds(work / f"files_{farms}", farms, cows))
    print_answers(herds, cows, chosen.runs)
    if chosen.quick and stack.are_left_out():
        return
    with stack.start(chosen.quick) as servers:
        print()
        stack.print_servers(servers)
        on_mariadb = {
            farms: replace(servers.herd("unused.", f"herd{farms}_", herd.folder), engines=Engines(store="mariadb"))
            for farms, herd in herds.items()
        }
        for herd in on_mariadb.values():
            herd.measured("load")
            herd.measured("pipeline", "run")
        servers.settle()
        print_answers(on_mariadb, cows, chosen.runs)
    print(f"\nwanted: at most {WANTED}")


if __name__ == "__main__":
    main()
