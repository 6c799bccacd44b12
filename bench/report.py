"""The daily report, asked for by 50 connections, of 128 and of 5,000 cows, idle and while 5,000 readings/s come in.

wrk asks a `serve` with all roles for the newest complete day of the herd's. First nobody else is there;
then readings come into later months, which the report does not read; then into its own month, its
own day among them. Where the server sends an ETag, each of the three also with clients that send
the newest one in If-None-Match.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import shutil
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from installation import Installation, Server

import measure
from posting import RATE, Asker, Herd, Poster

CONNECTIONS, WARM_SECONDS, SECONDS = 50, 2, 10
COWS = [measure.REAL_COWS, 5_000]
DAY = dt.date(2024, 12, 30)
WANTED_IDLE_MS, WANTED_MS, WANTED_OF_MANY_MS = 5, 20, 40
MANY_COWS = 1_000
TABLE_HEAD = ("min / median / max", "requests/s", "p50 ms", "p99 ms", "longest ms", "304, %", "readings/s")
# What comes in, and from which day on; 30 days of it.
STATES: Mapping[str, dt.date | None] = {
    "idle": None,
    "readings of later months": dt.date(2025, 3, 1),
    "readings of the report's month": dt.date(2024, 12, 1),
}


@dataclass
class Side:
    """One row."""

    name: str
    answers: list[Mapping[str, float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def row(self) -> tuple[str, ...]:
        rate = measure.summary((answer["answered"] / answer["seconds"] for answer in self.answers), 0)
        times = (
            measure.summary(answer[key] for answer in self.answers) for key in ("p50_ms", "p99_ms", "max_ms")
        )
        unchanged = measure.summary(
            (100 * answer["unchanged"] / max(1, answer["answered"]) for answer in self.answers), 0
        )
        return (self.name, rate, *times, unchanged, measure.summary(self.rates, 0) if self.rates else "")

    def p99(self) -> float:
        return statistics.median(answer["p99_ms"] for answer in self.answers)


def sends_etag(server: Server, path: str) -> bool:
    with contextlib.closing(http.client.HTTPConnection(server.backend.split("//")[1])) as client:
        asker = Asker(client, path)
        asker.ask()
        return asker.etag is not None


def measure_side(side: Side, server: Server, poster: Poster | None, seconds: int, *arguments: str) -> None:
    url = f"{server.backend}/generate-report/{DAY}"
    with poster or contextlib.nullcontext():
        measure.wrk("get.lua", url, CONNECTIONS, min(WARM_SECONDS, seconds), *arguments)
        side.answers.append(measure.wrk("get.lua", url, CONNECTIONS, seconds, *arguments))
    if poster is not None:
        side.rates.append(poster.rate())
    print(f"{side.name}: p99 {side.answers[-1]['p99_ms']:.1f} ms", file=sys.stderr)


def sides_of(cows: int, files: Path, work: Path, runs: int, seconds: int) -> dict[str, Side]:
    """A row for each state, and for each with If-None-Match."""
    herd = Installation(work / f"data_{cows}")
    measure.fill(herd.environment(), work / "output.log", files)
    readings = measure.readings_in(files)
    whose = Herd.of(herd)
    sides = {}
    with herd.serve() as server:
        ways: tuple[tuple[str, ...], ...] = ((),)
        if sends_etag(server, f"/generate-report/{DAY}"):
            ways = ((), ("remember",))
        else:
            print("the server sends no ETag: nothing is asked with If-None-Match", file=sys.stderr)
        for state, first_day in STATES.items():
            for way in ways:
                name = state + (", If-None-Match" if way else "")
                side = sides[name] = Side(f"{cows:,} cows, {readings:,} readings: {name}")
                for _ in range(runs):
                    poster = Poster(server.producer, whose, first_day, 30) if first_day else None
                    measure_side(side, server, poster, seconds, *way)
    return sides


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cows", type=int, nargs="+", default=COWS, help="herds of so many cows")


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False, more=_more)
    measure.need("wrk", "wrk")
    work = measure.empty_folder(chosen.work / "report")
    measure.print_machine(work)
    make: Callable[[Path, int], Path] = measure.generate
    seconds = SECONDS
    if chosen.quick:
        make, chosen.cows, seconds = measure.generate_tiny, [4], 1
    results = {
        cows: sides_of(cows, make(work / f"files_{cows}", cows), work, chosen.runs, seconds) for cows in chosen.cows
    }
    measure.print_table(TABLE_HEAD, [side.row() for sides in results.values() for side in sides.values()])
    beside = f"wrk, and what posts {RATE:,} readings/s, on the same cores"
    print(f"\n{CONNECTIONS} connections, {seconds} s a run; {beside}\n")
    for cows, sides in results.items():
        for name, side in sides.items():
            most = WANTED_IDLE_MS if name.startswith("idle") else WANTED_MS
            wanted = WANTED_OF_MANY_MS if cows > MANY_COWS else most
            print(f"{cows:,} cows, {name}, median p99: {side.p99():.1f} ms; wanted: at most {wanted}  ")
    shutil.rmtree(work)  # Gigabytes.


if __name__ == "__main__":
    main()
