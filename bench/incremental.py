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
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import files
from installation import Installation, Server
from program import executable
from store import Row, Store

import measure

NEW, CORRECTED = 25, 25
POLL_SECONDS = 0.002
GIVE_UP_SECONDS = 60
WANTED_MS = 250
TABLE_HEAD = ("50 readings, ms", "min / median / max")
JSON = {"Content-Type": "application/json"}
MILLION = 1_000_000
DAY_MICROS = 24 * 3600 * MILLION
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Change:
    """A reading that is new (`old` is 0), or another value for one that is there; in millionths.

    It is the only one of its sensor, cow, week and year: each aggregate's sum is its value.
    """

    sensor: int
    cow: int
    unit: str
    micros: int
    value: int
    old: int

    @property
    def day(self) -> dt.date:
        """The farm day; the bench's zone is UTC."""
        return EPOCH + dt.timedelta(days=self.micros // DAY_MICROS)


# The first day of each period is its key in the base table.
FIRST_DAYS: dict[str, Callable[[dt.date], dt.date]] = {
    "daily": lambda day: day,
    "weekly": lambda day: day - dt.timedelta(day.weekday()),
    "monthly": lambda day: day.replace(day=1),
    "yearly": lambda day: day.replace(month=1, day=1),
}


def _new_value(unit: str, chance: random.Random) -> int:
    lowest, highest = (100, 4_000) if unit == "L" else (40_000, 60_000)
    return chance.randrange(lowest, highest) * MILLION // 100


def corrections(herd: Installation, chance: random.Random) -> Iterator[Change]:
    """Readings that are alone in their year, in any order, with other values."""
    alone = herd.query(
        "SELECT y.first_day, m.farm_day, m.sensor_id, m.cow_id, s.unit, m.timestamp, m.value "
        "FROM gold_measurements_yearly_aggregations_rows AS y "
        "JOIN silver_measurements_rows AS m ON m.cow_id = y.cow_id AND m.sensor_id = y.sensor_id "
        "AND m.farm_day BETWEEN y.first_day AND y.first_day + 365 "
        "JOIN gold_sensors_rows AS s ON s.sensor_id = m.sensor_id "
        "WHERE y.records_count = 1 AND m.state = 0"
    )
    chance.shuffle(alone)
    for first_day, farm_day, sensor, cow, unit, micros, old in alone:
        change = Change(sensor, cow, unit, micros, _new_value(unit, chance), old)
        # A week at the turn of the year may hold a reading of the other year as well.
        if change.value != old and 7 <= farm_day - first_day < 357:
            yield change


def additions(herd: Installation, chance: random.Random) -> Iterator[Change]:
    """Readings of pairs of sensor and cow in the year after the data ends."""
    [(last,)] = herd.query("SELECT max(first_day) FROM gold_measurements_yearly_aggregations_rows")
    start = (EPOCH + dt.timedelta(days=last)).year + 1
    start_micros = (dt.date(start, 2, 1) - EPOCH).days * DAY_MICROS
    cows = [cow for (cow,) in herd.query("SELECT cow_id FROM gold_cows_rows ORDER BY cow_id")]
    sensors = herd.query("SELECT sensor_id, unit FROM gold_sensors_rows ORDER BY sensor_id")
    pairs = list(itertools.product(cows, sensors))
    chance.shuffle(pairs)
    for cow, (sensor, unit) in pairs:
        micros = start_micros + chance.randrange(200 * 24 * 60) * 60 * MILLION
        yield Change(sensor, cow, unit, micros, _new_value(unit, chance), 0)


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
    """Reads gold, by keys and with the values that are expected there."""

    def __init__(self, store: Store, batch: Sequence[Change]) -> None:
        self._store = store
        self._expected = {
            f"gold_measurements_{period}_aggregations_rows": {
                f"cow_id = {change.cow} AND first_day = {(first_day(change.day) - EPOCH).days} AND "
                f"sensor_id = {change.sensor} AND value_sum = {change.value} AND records_count = 1"
                for change in batch
            }
            for period, first_day in FIRST_DAYS.items()
        }
        self._expected["gold_cow_daily_metrics_rows"] = self._expected_days(batch)

    def wait(self) -> None:
        """Poll table after table until each holds all that is expected of it."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        for table, rows in self._expected.items():
            shown = f"SELECT count(*) FROM {table} WHERE ({') OR ('.join(rows)})"
            while self._first(shown)[0] < len(rows):
                if time.monotonic() > deadline:
                    sys.exit(f"{table} does not show all {len(rows)}")
                time.sleep(POLL_SECONDS)

    def _expected_days(self, batch: Sequence[Change]) -> set[str]:
        """The sums of a cow's day as they are, moved by what changes."""
        sums: dict[str, list[int]] = {}
        for change in batch:
            key = f"cow_id = {change.cow} AND farm_day = {(change.day - EPOCH).days}"
            if key not in sums:
                sums[key] = list(
                    self._first(
                        "SELECT coalesce(sum(milk_sum), 0), coalesce(sum(weight_sum), 0) "
                        f"FROM gold_cow_daily_metrics_rows WHERE {key}"
                    )
                )
            sums[key][change.unit != "L"] += change.value - change.old
        return {
            f"{key} AND milk_sum = {milk} AND weight_sum = {weight}"
            for key, (milk, weight) in sums.items()
        }

    def _first(self, sql: str) -> Row:
        [row] = self._store.execute(sql)
        return row


@dataclass(frozen=True)
class Ids:
    """The texts that stand for the numbers of sensors and cows."""

    sensors: dict[int, str]
    cows: dict[int, str]

    @classmethod
    def of(cls, herd: Installation) -> Ids:
        return cls(
            dict(herd.query("SELECT id, text_id FROM ops_sensor_ids")),
            dict(herd.query("SELECT id, text_id FROM ops_cow_ids")),
        )


def post_all(server: Server, batch: Sequence[Change], ids: Ids) -> None:
    """One gateway on one connection, each answer awaited; `requests` would be too slow here."""
    with contextlib.closing(http.client.HTTPConnection(server.producer.split("//")[1])) as gateway:
        for change in batch:
            body = {
                "sensor_id": ids.sensors[change.sensor],
                "cow_id": ids.cows[change.cow],
                "timestamp": change.micros // MILLION,
                "value": change.value / MILLION,
            }
            gateway.request("POST", "/measurement/", json.dumps(body), JSON)
            answer = gateway.getresponse()
            text = answer.read()
            if answer.status != 200:
                sys.exit(f"POST was answered {answer.status}: {text!r}")


def by_http(
    herd: Installation, server: Server, batch: Sequence[Change], ids: Ids
) -> tuple[float, float]:
    """Milliseconds from the first POST, and from the last answer, until gold shows all."""
    with herd.store() as store:
        watcher = Watcher(store, batch)
        started = time.perf_counter()
        post_all(server, batch, ids)
        answered = time.perf_counter()
        watcher.wait()
        shown = time.perf_counter()
    return (shown - started) * 1000, (shown - answered) * 1000


def by_commands(herd: Installation, batch: Sequence[Change], ids: Ids, folder: Path) -> float:
    """Milliseconds of the three commands, one after the other."""
    file = files.write_measurements(
        folder,
        [
            (ids.sensors[c.sensor], ids.cows[c.cow], c.micros / MILLION, c.value / MILLION)
            for c in batch
        ],
    )
    total = 0.0
    with herd.store() as store:
        watcher = Watcher(store, batch)
        for arguments in (("seed", file), ("load",), ("pipeline", "run")):
            command = [executable(), *arguments]
            log = folder / "output.log"
            total += measure.run_measured(command, herd.environment(), log).wall * 1000
        watcher.wait()
    return total


def run_all(herd: Installation, runs: int, work: Path) -> list[tuple[str, str]]:
    """The rows of the table, from a herd that has all of the real data."""
    made = batches(herd, 2 * runs, seed=6)
    ids = Ids.of(herd)
    with herd.serve() as server:
        posted = [by_http(herd, server, batch, ids) for batch in made[:runs]]
    commands = [
        by_commands(herd, batch, ids, work / f"batch_{number}")
        for number, batch in enumerate(made[runs:])
    ]
    return [
        ("`serve`: first POST → all of gold", measure.summary((run[0] for run in posted), 0)),
        ("`serve`: last answer → all of gold", measure.summary((run[1] for run in posted), 0)),
        ("`seed`, `load`, `pipeline run`", measure.summary(commands, 0)),
    ]


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "incremental")
    measure.print_machine(work)
    herd = Installation(work / "data").seed_and_process(chosen.data)
    measure.print_table(TABLE_HEAD, run_all(herd, chosen.runs, work))
    print(f"\nwanted: at most {WANTED_MS} ms")


if __name__ == "__main__":
    main()
