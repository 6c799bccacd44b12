"""50 new and corrected readings on top of the real data: the time until all of gold shows them.

By HTTP: `serve` runs; from the first POST to the moment at which the daily, weekly, monthly and
yearly tables and the cows' days hold all 50 to the millionth. By commands: `seed` of a file of 50,
`load`, `pipeline run`, from the first start to the last exit. Gold is polled in its base tables,
by their keys: asking the views for 50 scattered rows would take longer than what is measured.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import itertools
import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import files
from installation import Installation, Server, executable

import measure

NEW, CORRECTED = 25, 25
POLL_SECONDS = 0.002
GIVE_UP_SECONDS = 60
WANTED_MS = 250
JSON = {"Content-Type": "application/json"}
MILLION = 1_000_000
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Change:
    """A reading that is new (`old` is 0), or another value for one that is there.

    It is the only one of its sensor, cow, week and year: each aggregate's sum is its value.
    """

    sensor_id: str
    cow_id: str
    unit: str
    seconds: float
    value: float
    old: float

    @property
    def day(self) -> dt.date:
        """The farm day; the bench's zone is UTC."""
        return dt.datetime.fromtimestamp(self.seconds, dt.UTC).date()


# The first day of each period is its key in the base table.
FIRST_DAYS: dict[str, Callable[[dt.date], dt.date]] = {
    "daily": lambda day: day,
    "weekly": lambda day: day - dt.timedelta(day.weekday()),
    "monthly": lambda day: day.replace(day=1),
    "yearly": lambda day: day.replace(month=1, day=1),
}


def _new_value(unit: str, chance: random.Random) -> float:
    lowest, highest = (100, 4_000) if unit == "L" else (40_000, 60_000)
    return chance.randrange(lowest, highest) / 100


def corrections(herd: Installation, chance: random.Random) -> Iterator[Change]:
    """Readings that are alone in their year, in any order, with other values."""
    alone = herd.query(
        "SELECT m.sensor_id, m.cow_id, CAST(strftime('%s', m.timestamp) AS INTEGER), s.unit, "
        "m.value FROM (SELECT sensor_id, cow_id, year "
        "FROM gold_measurements_yearly_aggregations WHERE records_count = 1) AS y "
        "JOIN silver_measurements AS m ON m.sensor_id = y.sensor_id AND m.cow_id = y.cow_id "
        "AND CAST(substr(m.farm_day, 1, 4) AS INTEGER) = y.year "
        "JOIN gold_sensors AS s ON s.id = m.sensor_id WHERE m.state = 'accepted' "
        # A week at the turn of the year may hold a reading of the other year as well.
        "AND substr(m.farm_day, 6) BETWEEN '01-08' AND '12-24'"
    )
    chance.shuffle(alone)
    for sensor_id, cow_id, seconds, unit, old in alone:
        value = _new_value(unit, chance)
        if value != old:
            yield Change(sensor_id, cow_id, unit, float(seconds), value, old)


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
        yield Change(sensor_id, cow_id, unit, moment.timestamp(), _new_value(unit, chance), 0.0)


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


class Watcher:
    """Reads gold beside what is expected there."""

    def __init__(self, herd: Installation, batch: Sequence[Change]) -> None:
        self._connection = sqlite3.connect(":memory:", uri=True)
        store = f"{(herd.folder / 'store.db').as_uri()}?mode=ro"
        self._connection.execute("ATTACH DATABASE ? AS store", (store,))
        self._expect_aggregates(batch)
        self._expect_days(batch)
        self._connection.commit()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def wait(self) -> None:
        """Poll table after table until each holds all that is expected of it."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        for period in FIRST_DAYS:
            self._wait_for(
                "SELECT count(*) FROM expected AS e "
                f"JOIN store.gold_measurements_{period}_aggregations_rows AS g "
                "USING (cow_id, first_day, sensor_id) "
                f"WHERE e.period = '{period}' AND g.value_sum = e.amount AND g.records_count = 1",
                f"SELECT count(*) FROM expected WHERE period = '{period}'",
                deadline,
            )
        self._wait_for(
            "SELECT count(*) FROM expected_days AS e JOIN store.gold_cow_daily_metrics_rows AS g "
            "USING (cow_id, farm_day) WHERE g.milk_sum = e.milk AND g.weight_sum = e.weight",
            "SELECT count(*) FROM expected_days",
            deadline,
        )

    def _wait_for(self, shown: str, expected: str, deadline: float) -> None:
        [(wanted,)] = self._connection.execute(expected).fetchall()
        while self._connection.execute(shown).fetchone()[0] < wanted:
            if time.monotonic() > deadline:
                sys.exit(f"gold does not show all {wanted}: {shown}")
            time.sleep(POLL_SECONDS)

    def _ids(self, kind: str) -> dict[str, int]:
        query = f"SELECT {kind}_id, id FROM store.ops_{kind}_ids"
        return dict(self._connection.execute(query).fetchall())

    def _expect_aggregates(self, batch: Sequence[Change]) -> None:
        self._connection.execute(
            "CREATE TABLE expected (period, cow_id, first_day, sensor_id, amount)"
        )
        cows, sensors = self._ids("cow"), self._ids("sensor")
        self._connection.executemany(
            "INSERT INTO expected VALUES (?, ?, ?, ?, ?)",
            (
                (
                    period,
                    cows[change.cow_id],
                    (first_day(change.day) - EPOCH).days,
                    sensors[change.sensor_id],
                    round(change.value * MILLION),
                )
                for period, first_day in FIRST_DAYS.items()
                for change in batch
            ),
        )

    def _expect_days(self, batch: Sequence[Change]) -> None:
        """The sums of a cow's day as they are, moved by what changes."""
        self._connection.execute(
            "CREATE TABLE expected_days (cow_id, farm_day, milk, weight, "
            "PRIMARY KEY (cow_id, farm_day))"
        )
        cows = self._ids("cow")
        for change in batch:
            key = cows[change.cow_id], (change.day - EPOCH).days
            self._connection.execute(
                "INSERT OR IGNORE INTO expected_days SELECT ?1, ?2, coalesce(sum(milk_sum), 0), "
                "coalesce(sum(weight_sum), 0) FROM store.gold_cow_daily_metrics_rows "
                "WHERE cow_id = ?1 AND farm_day = ?2",
                key,
            )
            column = "milk" if change.unit == "L" else "weight"
            delta = round(change.value * MILLION) - round(change.old * MILLION)
            self._connection.execute(
                f"UPDATE expected_days SET {column} = {column} + ?3 "
                "WHERE cow_id = ?1 AND farm_day = ?2",
                (*key, delta),
            )


def post_all(server: Server, batch: Sequence[Change]) -> None:
    """One gateway on one connection, each answer awaited; `requests` would be too slow here."""
    with contextlib.closing(http.client.HTTPConnection(server.producer.split("//")[1])) as gateway:
        for change in batch:
            body = {
                "sensor_id": change.sensor_id,
                "cow_id": change.cow_id,
                "timestamp": change.seconds,
                "value": change.value,
            }
            gateway.request("POST", "/measurement/", json.dumps(body), JSON)
            answer = gateway.getresponse()
            text = answer.read()
            if answer.status != 200:
                sys.exit(f"POST was answered {answer.status}: {text!r}")


def by_http(herd: Installation, server: Server, batch: Sequence[Change]) -> tuple[float, float]:
    """Milliseconds from the first POST, and from the last answer, until gold shows all."""
    with Watcher(herd, batch) as watcher:
        started = time.perf_counter()
        post_all(server, batch)
        answered = time.perf_counter()
        watcher.wait()
        shown = time.perf_counter()
    return (shown - started) * 1000, (shown - answered) * 1000


def by_commands(herd: Installation, batch: Sequence[Change], folder: Path) -> float:
    """Milliseconds of the three commands, one after the other."""
    file = files.write_measurements(
        folder, [(c.sensor_id, c.cow_id, c.seconds, c.value) for c in batch]
    )
    total = 0.0
    with Watcher(herd, batch) as watcher:
        for arguments in (("seed", file), ("load",), ("pipeline", "run")):
            command = [executable(), *arguments]
            log = folder / "output.log"
            total += measure.run_measured(command, herd.environment(), log).wall * 1000
        watcher.wait()
    return total


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "incremental")
    measure.print_machine(work)
    herd = Installation(work / "data").seed_and_process(chosen.data)
    made = batches(herd, 2 * chosen.runs, seed=6)
    with herd.serve() as server:
        posted = [by_http(herd, server, batch) for batch in made[: chosen.runs]]
    commands = [
        by_commands(herd, batch, work / f"batch_{number}")
        for number, batch in enumerate(made[chosen.runs :])
    ]
    rows = [
        ("`serve`: first POST → all of gold", measure.summary((run[0] for run in posted), 0)),
        ("`serve`: last answer → all of gold", measure.summary((run[1] for run in posted), 0)),
        ("`seed`, `load`, `pipeline run`", measure.summary(commands, 0)),
    ]
    measure.print_table(("50 readings, ms", "min / median / max"), rows)
    print(f"\nwanted: at most {WANTED_MS} ms")


if __name__ == "__main__":
    main()
