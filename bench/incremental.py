"""50 new and corrected readings on top of the real data: the time until all of gold shows them.

By HTTP: `serve` runs; from the first POST to the moment at which the daily, weekly, monthly and
yearly tables and the cows' days show all 50. By commands: `seed` of a file of 50, `load`,
`pipeline run`, from the first start to the last exit.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import random
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import files
from installation import Installation, Server, executable

import measure

NEW, CORRECTED = 25, 25
POLL_SECONDS = 0.002
GIVE_UP_SECONDS = 60
WANTED_MS = 250
# Each changed reading is the only one of its sensor, cow and year, so each table shows its value.
KEYS = {
    "gold_measurements_daily_aggregations": ("sensor_id", "cow_id", "date"),
    "gold_measurements_weekly_aggregations": ("sensor_id", "cow_id", "week", "year"),
    "gold_measurements_monthly_aggregations": ("sensor_id", "cow_id", "month", "year"),
    "gold_measurements_yearly_aggregations": ("sensor_id", "cow_id", "year"),
}


@dataclass(frozen=True)
class Change:
    """A reading that is new, or another value for one that is there."""

    sensor_id: str
    cow_id: str
    seconds: float
    value: float

    def periods(self) -> tuple[str, int, int, int, int]:
        """Date, ISO week, month, year and ISO year, in UTC."""
        day = dt.datetime.fromtimestamp(self.seconds, dt.UTC).date()
        iso = day.isocalendar()
        return day.isoformat(), iso.week, day.month, day.year, iso.year


def _new_value(unit: str, chance: random.Random) -> float:
    return chance.randrange(100, 4_000) / 100 if unit == "L" else chance.randrange(4e4, 6e4) / 100


def corrections(herd: Installation, chance: random.Random) -> Iterator[Change]:
    """Readings that are alone in their year, in any order, with other values."""
    alone = herd.query(
        "SELECT m.sensor_id, m.cow_id, CAST(strftime('%s', m.timestamp) AS INTEGER), s.unit, "
        "m.value FROM (SELECT sensor_id, cow_id, year "
        "FROM gold_measurements_yearly_aggregations WHERE records_count = 1) AS y "
        "JOIN silver_measurements AS m ON m.sensor_id = y.sensor_id AND m.cow_id = y.cow_id "
        "AND CAST(substr(m.farm_day, 1, 4) AS INTEGER) = y.year "
        "JOIN gold_sensors AS s ON s.id = m.sensor_id WHERE m.state = 'accepted'"
    )
    chance.shuffle(alone)
    for sensor_id, cow_id, seconds, unit, old in alone:
        value = _new_value(unit, chance)
        if value != old:
            yield Change(sensor_id, cow_id, float(seconds), value)


def additions(herd: Installation, chance: random.Random) -> Iterator[Change]:
    """Readings of pairs of sensor and cow in the year after the data ends."""
    [(last,)] = herd.query("SELECT max(year) FROM gold_measurements_yearly_aggregations")
    start = dt.datetime(last + 1, 2, 1, tzinfo=dt.UTC)
    cows = [cow for (cow,) in herd.query("SELECT id FROM gold_cows ORDER BY id")]
    sensors = herd.query("SELECT id, unit FROM gold_sensors ORDER BY id")
    pairs = list(itertools.product(cows, sensors))
    chance.shuffle(pairs)
    for cow_id, (sensor_id, unit) in pairs:
        moment = start + dt.timedelta(minutes=chance.randrange(200 * 24 * 60))
        yield Change(sensor_id, cow_id, moment.timestamp(), _new_value(unit, chance))


def batches(herd: Installation, count: int, seed: int) -> list[list[Change]]:
    """Batches that share no pair of sensor and cow."""
    chance = random.Random(seed)
    corrected, new = corrections(herd, chance), additions(herd, chance)
    made = []
    for _ in range(count):
        batch = [*itertools.islice(corrected, CORRECTED), *itertools.islice(new, NEW)]
        if len(batch) < CORRECTED + NEW:
            sys.exit("too few readings that are alone in their year")
        chance.shuffle(batch)
        made.append(batch)
    return made


@contextlib.contextmanager
def watcher(herd: Installation, batch: Sequence[Change]) -> Iterator[sqlite3.Connection]:
    """A connection that reads gold and holds beside it what is expected there."""
    with contextlib.closing(sqlite3.connect("file::memory:", uri=True)) as connection:
        store = f"{(herd.folder / 'store.db').as_uri()}?mode=ro"
        connection.execute("ATTACH DATABASE ? AS store", (store,))
        connection.execute(
            "CREATE TABLE expected (sensor_id, cow_id, value, date, week, month, year, iso_year)"
        )
        rows = ((c.sensor_id, c.cow_id, c.value, *c.periods()) for c in batch)
        connection.executemany("INSERT INTO expected VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
        yield connection


def questions() -> list[str]:
    """How many of the expected rows each table shows."""
    asked = []
    for table, key in KEYS.items():
        iso = "weekly" in table
        same = " AND ".join(
            f"g.{name} = e.{'iso_year' if iso and name == 'year' else name}" for name in key
        )
        asked.append(
            f"SELECT count(*) FROM expected AS e JOIN store.{table} AS g ON {same} "
            "WHERE g.average_value = e.value AND g.records_count = 1"
        )
    asked.append(
        "SELECT count(*) FROM expected AS e WHERE EXISTS (SELECT 1 "
        "FROM store.gold_cow_daily_metrics AS g WHERE g.cow_id = e.cow_id AND g.date = e.date)"
    )
    return asked


def wait_for_gold(connection: sqlite3.Connection, wanted: int) -> None:
    """Poll table after table until each shows all."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    for question in questions():
        while connection.execute(question).fetchone()[0] < wanted:
            if time.monotonic() > deadline:
                sys.exit(f"gold does not show the {wanted} readings: {question}")
            time.sleep(POLL_SECONDS)


def by_http(herd: Installation, server: Server, batch: Sequence[Change]) -> tuple[float, float]:
    """Milliseconds from the first POST, and from the last answer, until gold shows all."""
    with watcher(herd, batch) as connection:
        started = time.perf_counter()
        for change in batch:
            body = {
                "sensor_id": change.sensor_id,
                "cow_id": change.cow_id,
                "timestamp": change.seconds,
                "value": change.value,
            }
            server.post("/measurement/", body).raise_for_status()
        answered = time.perf_counter()
        wait_for_gold(connection, len(batch))
        shown = time.perf_counter()
    return (shown - started) * 1000, (shown - answered) * 1000


def by_commands(herd: Installation, batch: Sequence[Change], folder: Path) -> float:
    """Milliseconds of the three commands, one after the other."""
    file = files.write_measurements(
        folder, [(c.sensor_id, c.cow_id, c.seconds, c.value) for c in batch]
    )
    total = 0.0
    for arguments in (("seed", file), ("load",), ("pipeline", "run")):
        command = [executable(), *arguments]
        log = folder / "output.log"
        total += measure.run_measured(command, herd.environment(), log).wall * 1000
    with watcher(herd, batch) as connection:
        wait_for_gold(connection, len(batch))
    return total


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "incremental")
    measure.print_machine(work)
    herd = Installation(work / "data").seed_and_process(chosen.data)
    made = batches(herd, 2 * chosen.runs, seed=6)
    with herd.serve() as server:
        http = [by_http(herd, server, batch) for batch in made[: chosen.runs]]
    commands = [
        by_commands(herd, batch, work / f"batch_{number}")
        for number, batch in enumerate(made[chosen.runs :])
    ]
    rows = [
        ("`serve`: first POST → all of gold", measure.summary((run[0] for run in http), 0)),
        ("`serve`: last answer → all of gold", measure.summary((run[1] for run in http), 0)),
        ("`seed`, `load`, `pipeline run`", measure.summary(commands, 0)),
    ]
    measure.print_table(("50 readings, ms", "min / median / max"), rows)
    print(f"\nwanted: at most {WANTED_MS} ms")


if __name__ == "__main__":
    main()
