"""50 new and corrected readings on top of all others: the time until all of gold shows them.

By HTTP: `serve` runs; from the first POST to the moment at which the daily, weekly, monthly and
yearly tables, the days of cows and of the herd and the means of milk hold all 50 to the millionth. By commands: `seed` of a file of 50,
`load`, `pipeline run`, from the first start to the last exit. Gold is polled in its base tables,
by their keys: asking the views for 50 scattered rows would take longer than what is measured.
On the real data, on a synthetic herd (`--cows 5000`: 11 M readings), and by one sensor that has a
reading a minute for a year (`--minute-sensor`), whose readings the 50 are then.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import files
from installation import Installation, Server
from program import executable
from store import Row, Store

import measure

NEW, CORRECTED = 25, 25
POLL_SECONDS = 0.002
GIVE_UP_SECONDS = 60
WANTED_MS, WANTED_OF_MANY_MS = 40, 60  # Of the real data; of 11 M readings, and of the minute sensor.
MANY = 5_000_000
MINUTE_SENSOR, MINUTE_SENSOR_DAYS, MINUTES_A_DAY = "minute-sensor", 366, 1_440
MINUTE_SENSOR_DAY = dt.date(2024, 1, 1)
TABLE_HEAD = ("50 readings, ms", "min / median / max")
JSON = {"Content-Type": "application/json"}
MILLION = 1_000_000
DAY_MICROS = 24 * 3600 * MILLION
EPOCH = dt.date(1970, 1, 1)
FARM = 1  # The integer of `default`.


@dataclass(frozen=True)
class Change:
    """A reading that is new (`old` is 0), or another value for one that is there; in millionths."""

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

    @property
    def milk(self) -> int:
        """By how much it moves the milk of its day."""
        return (self.value - self.old) * (self.unit == "L")


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
    """Other values for accepted readings: of one day after the other, each reading once."""
    units: dict[int, str] = dict(herd.query("SELECT sensor_id, unit FROM gold_sensors_rows"))
    [(first, last)] = herd.query(f"SELECT min(farm_day), max(farm_day) FROM silver_measurements_rows WHERE farm = {FARM}")
    days = list(range(first, last + 1))
    corrected: set[Row] = set()
    before = -1
    while len(corrected) > before:
        before = len(corrected)
        chance.shuffle(days)
        for day in days:
            readings = herd.query(
                f"SELECT cow_id, sensor_id, timestamp, value FROM silver_measurements_rows WHERE farm = {FARM} "
                "AND farm_day = ? AND state = 0 AND value <> 0 ORDER BY cow_id, sensor_id, timestamp",
                day,
            )
            left = [reading for reading in readings if reading not in corrected]
            if not left:
                continue
            cow, sensor, micros, old = chance.choice(left)
            corrected.add((cow, sensor, micros, old))
            unit = units[sensor]
            value = _new_value(unit, chance)
            yield Change(sensor, cow, unit, micros, value + (value == old) * MILLION // 100, old)


def additions(herd: Installation, chance: random.Random) -> Iterator[Change]:
    """Readings of pairs of sensor and cow in the year after the data ends."""
    [(last,)] = herd.query("SELECT max(first_day) FROM gold_measurements_yearly_aggregations_rows")
    start = (EPOCH + dt.timedelta(days=last)).year + 1
    start_micros = (dt.date(start, 2, 1) - EPOCH).days * DAY_MICROS
    cows = [cow for (cow,) in herd.query("SELECT cow_id FROM gold_cows_rows ORDER BY cow_id")]
    sensors = herd.query("SELECT sensor_id, unit FROM gold_sensors_rows ORDER BY sensor_id")
    pairs = list(itertools.product(cows, sensors))
    chance.shuffle(pairs)
    for minute, (cow, (sensor, unit)) in zip(
        chance.sample(range(200 * MINUTES_A_DAY), 200 * MINUTES_A_DAY), itertools.cycle(pairs), strict=False
    ):
        micros = start_micros + minute * 60 * MILLION
        yield Change(sensor, cow, unit, micros, _new_value(unit, chance), 0)


def batches(herd: Installation, count: int, seed: int) -> list[list[Change]]:
    """Batches that share no reading."""
    chance = random.Random(seed)
    return _batches_of(corrections(herd, chance), additions(herd, chance), count, chance)


def _batches_of(
    corrected: Iterator[Change], new: Iterator[Change], count: int, chance: random.Random
) -> list[list[Change]]:
    made = []
    for _ in range(count):
        batch = [*itertools.islice(corrected, CORRECTED), *itertools.islice(new, NEW)]
        if len(batch) < CORRECTED + NEW:
            sys.exit("too few readings to correct")
        chance.shuffle(batch)
        made.append(batch)
    return made


def _of_minute(minute: int) -> tuple[int, int]:
    """Instant and value, in millionths; `add_minute_sensor` writes the same."""
    day = (MINUTE_SENSOR_DAY - EPOCH).days
    return day * DAY_MICROS + minute * 60 * MILLION, (500 + minute % 50) * MILLION


def add_minute_sensor(herd: Installation, folder: Path, days: int) -> None:
    """A scale that weighs one cow every minute."""
    cow = min(Ids.of(herd).cows.values())
    sensors = files.write_sensors(folder, [(MINUTE_SENSOR, "kg")])
    measurements = folder / "measurements.parquet"
    start = (MINUTE_SENSOR_DAY - EPOCH).days * DAY_MICROS // MILLION
    duckdb.execute(
        f"COPY (SELECT '{MINUTE_SENSOR}' AS sensor_id, '{cow}' AS cow_id, ({start} + range * 60)::DOUBLE AS timestamp, "
        f"(500 + range % 50)::DOUBLE AS value FROM range({days * MINUTES_A_DAY})) "
        f"TO '{measurements}' (FORMAT parquet)"
    )
    measure.fill(herd.environment(), folder / "output.log", sensors, measurements)


def batches_of_minute_sensor(herd: Installation, count: int, days: int) -> list[list[Change]]:
    """Its readings: others in their place, and new ones between two of them."""
    chance = random.Random(7)
    ids = Ids.of(herd)
    [sensor] = [number for number, text in ids.sensors.items() if text == MINUTE_SENSOR]
    cow = min(ids.cows, key=lambda number: ids.cows[number])
    minutes = iter(chance.sample(range(days * MINUTES_A_DAY), 2 * count * (CORRECTED + NEW)))

    def corrected() -> Iterator[Change]:
        for minute in minutes:
            micros, old = _of_minute(minute)
            yield Change(sensor, cow, "kg", micros, old + MILLION, old)

    def new() -> Iterator[Change]:
        for minute in minutes:
            yield Change(sensor, cow, "kg", _of_minute(minute)[0] + 30 * MILLION, _new_value("kg", chance), 0)

    return _batches_of(corrected(), new(), count, chance)


class Watcher:
    """Reads gold, by keys and with the values that are expected there."""

    def __init__(self, store: Store, batch: Sequence[Change]) -> None:
        self._store = store
        self._expected = {
            f"gold_measurements_{period}_aggregations_rows": self._moved(
                f"gold_measurements_{period}_aggregations_rows",
                ("value_sum", "records_count"),
                [
                    (
                        f"farm = {FARM} AND first_day = {(first_day(change.day) - EPOCH).days} AND "
                        f"cow_id = {change.cow} AND sensor_id = {change.sensor}",
                        (change.value - change.old, int(change.old == 0)),
                    )
                    for change in batch
                ],
            )
            for period, first_day in FIRST_DAYS.items()
        }
        self._expected["gold_cow_daily_metrics_rows"] = self._moved(
            "gold_cow_daily_metrics_rows",
            ("milk_sum", "weight_sum"),
            [
                (
                    f"farm = {FARM} AND farm_day = {(change.day - EPOCH).days} AND cow_id = {change.cow}",
                    (change.milk, change.value - change.old - change.milk),
                )
                for change in batch
            ],
        )
        self._expected["gold_herd_days_rows"] = self._moved(
            "gold_herd_days_rows",
            ("milk_sum", "readings"),
            [
                (
                    f"farm = {FARM} AND farm_day = {(change.day - EPOCH).days}",
                    (change.milk, int(change.old == 0)),
                )
                for change in batch
            ],
        )
        self._expected["gold_cow_milk_means_rows"] = self._milk_of_runs(batch)

    def wait(self) -> None:
        """Poll table after table until each holds all that is expected of it."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        for table, rows in self._expected.items():
            if not rows:
                continue
            shown = f"SELECT count(*) FROM {table} WHERE ({') OR ('.join(rows)})"
            while self._first(shown)[0] < len(rows):
                if time.monotonic() > deadline:
                    sys.exit(f"{table} does not show all {len(rows)}")
                time.sleep(POLL_SECONDS)

    def _moved(
        self, table: str, columns: Sequence[str], changes: Sequence[tuple[str, Sequence[int]]]
    ) -> Collection[str]:
        """The rows of these keys once they are moved by what changes; a row that is not there holds zeros."""
        sums: dict[str, list[int]] = {}
        shown = ", ".join(f"coalesce(sum({column}), 0)" for column in columns)
        for key, by in changes:
            if key not in sums:
                sums[key] = list(map(int, self._first(f"SELECT {shown} FROM {table} WHERE {key}")))
            sums[key] = [old + more for old, more in zip(sums[key], by, strict=True)]
        return [
            " AND ".join([key, *(f"{column} = {value}" for column, value in zip(columns, values, strict=True))])
            for key, values in sums.items()
        ]

    def _milk_of_runs(self, batch: Sequence[Change]) -> Collection[str]:
        """Of each cow and day whose milk changes: the days with milk in a row that end with it, and their milk."""
        more: dict[tuple[int, int], int] = {}
        for change in batch:
            if change.unit == "L":
                key = change.cow, (change.day - EPOCH).days
                more[key] = more.get(key, 0) + change.milk

        def milk_of(cow: int, day: int) -> int | None:
            shown = f"farm = {FARM} AND farm_day = {day} AND cow_id = {cow} AND milk_count > 0"
            sums = [milk for (milk,) in self._store.execute(f"SELECT milk_sum FROM gold_cow_daily_metrics_rows WHERE {shown}")]
            return sum(sums) + more.get((cow, day), 0) if sums or (cow, day) in more else None

        rows = []
        for cow, day in more:
            days, total = 0, 0
            while (milk := milk_of(cow, day - days)) is not None:
                days, total = days + 1, total + milk
            rows.append(
                f"farm = {FARM} AND farm_day = {day} AND cow_id = {cow} AND milk_days = {days} AND milk_sum = {total}"
            )
        return rows

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


def run_all(
    herd: Installation, made: Sequence[Sequence[Change]], work: Path, name: str = ""
) -> list[tuple[str, str]]:
    """The rows of the table, from a herd that has everything else: half of the batches by HTTP, half by commands."""
    ids = Ids.of(herd)
    runs = len(made) // 2
    with herd.serve() as server:
        posted = [by_http(herd, server, batch, ids) for batch in made[:runs]]
    commands = [
        by_commands(herd, batch, ids, work / f"batch_{number}")
        for number, batch in enumerate(made[runs:])
    ]
    return [
        (f"{name}`serve`: first POST → all of gold", measure.summary((run[0] for run in posted), 0)),
        (f"{name}`serve`: last answer → all of gold", measure.summary((run[1] for run in posted), 0)),
        (f"{name}`seed`, `load`, `pipeline run`", measure.summary(commands, 0)),
    ]


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minute-sensor", action="store_true", help="also by a sensor with a reading a minute")


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], more=_more)
    work = measure.empty_folder(chosen.work / "incremental")
    measure.print_machine(work)
    herd = Installation(work / "data")
    measure.fill(herd.environment(), work / "output.log", chosen.data)
    readings = measure.readings_in(chosen.data)
    rows = run_all(herd, batches(herd, 2 * chosen.runs, seed=6), work)
    if chosen.minute_sensor:
        days = 3 if chosen.quick else MINUTE_SENSOR_DAYS
        add_minute_sensor(herd, work / "minute_sensor", days)
        made = batches_of_minute_sensor(herd, 2 * chosen.runs, days)
        rows += run_all(herd, made, work / "minute_sensor", "minute sensor, ")
    measure.print_table(TABLE_HEAD, rows)
    print(f"\non top of {readings:,} readings; wanted from the last answer: ", end="")
    print(f"at most {WANTED_OF_MANY_MS if readings >= MANY else WANTED_MS} ms", end="")
    print(f", by the minute sensor at most {WANTED_OF_MANY_MS} ms" if chosen.minute_sensor else "")


if __name__ == "__main__":
    main()
