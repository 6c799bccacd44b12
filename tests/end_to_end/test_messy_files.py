"""Files full of edges, silver, gold and codes against the
oracle's."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from pathlib import Path

import oracle
import pytest
from comparison import SILVER, ask_oracle, assert_all_equal_oracle
from engines import EMBEDDED, SERVERS, on
from installation import Installation

import files

READINGS = 3_000
BAD_IDS = (None, "", "None", "nan", " lead", "trail\u00a0", "a\tb", "x" * 256)
GOOD_IDS = ("b-1", "42", "é" * 255, "Ω", "a b")
# Unit and kind of each sensor.
UNITS = (
    ("L", None), ("litres", "milk"), ("kg", ""), ("KGM", " weight "), (" lb ", None), ("GAL", "milk"), ("Pounds", "milk"),
    ("kg", "milk"), ("L", "weight"), ("lbs", "feed"), ("°C", None), ("ten chars!", "m" * 32),
)  # fmt: skip
FIRST = files.seconds("2000-01-01T00:00:00+00:00")
MORNING = files.seconds("2024-02-29T23:30:00+00:00")


def _cows(chance: random.Random) -> list[tuple[object, ...]]:
    names = ("Berta #1", " Berta #1 ", "", None, "n" * 255, "n" * 256, "a\u0000b")
    birthdates = (None, dt.date(1979, 12, 31), dt.date(1980, 1, 1), dt.date(2150, 1, 1))
    known = [(cow_id, "Known #1", None) for cow_id in GOOD_IDS[:3]]
    odd = [
        (chance.choice(BAD_IDS + GOOD_IDS[:4]), chance.choice(names), chance.choice(birthdates))
        for _ in range(60)
    ]
    return known + odd


def _sensors(chance: random.Random) -> list[tuple[object, ...]]:
    known = [(f"sensor {number}", *measure) for number, measure in enumerate(UNITS)]
    odd = [(chance.choice(BAD_IDS), "L", None) for _ in range(10)]
    broken = [("sensor 0", "", None), ("sensor 1", "eleven char", None), ("sensor 2", None, "milk")]
    broken += [("sensor 3", "kg", "m" * 33), ("sensor 4", "lb", "a\u0000b"), ("", "kg", "?")]
    return known + odd + broken


def _timestamp(chance: random.Random) -> float | None:
    moment = MORNING + chance.randrange(8) * 900
    return chance.choice(
        (
            *(moment * scale for scale in (1, 1, 1, 1e3, 1e6, 1e9)),
            moment + 0.5e-6,
            moment + chance.random(),
            *(FIRST, FIRST - 1e-6, 0.0, -moment, 1e11, 1e30, float("inf"), float("nan")),
            None,
        )
    )


def _value(chance: random.Random) -> float | None:
    edges = (0.0, -0.0, 20.0, 60.0, 1500.0, 1e6)
    near = (1e-6, 5e-7, 5.1e-7, -5e-7, -5.1e-7, -1e-6)
    odd = (None, float("nan"), float("inf"), float("-inf"), -1.0, 1e300, 5e-324)
    ties = (chance.randrange(6 * 10**8) * 10 + 5) / 10**7
    milk, weight = chance.uniform(0, 60), chance.uniform(20, 1500)
    edge = chance.choice(edges) + chance.choice((0.0, *near))
    return chance.choice((milk, milk, round(weight, 2), ties, edge, chance.choice(odd)))


def _readings(chance: random.Random) -> list[files.Reading]:
    def an_id(good: tuple[str, ...]) -> str | None:
        return chance.choice(BAD_IDS) if chance.random() < 0.05 else chance.choice(good)

    sensors = (*(f"sensor {number}" for number in range(len(UNITS))), "unknown")
    return [
        (an_id(sensors), an_id(GOOD_IDS), _timestamp(chance), _value(chance))
        for _ in range(READINGS)
    ]


@on("herd", EMBEDDED, SERVERS)
@pytest.mark.parametrize("seed", range(3))
def test_messy_files_equal_the_oracle(herd: Installation, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "files"
    files.write_cows(folder, _cows(chance))
    files.write_sensors(folder, _sensors(chance))
    files.write_measurements(folder, _readings(chance))
    herd = dataclasses.replace(herd, zone="America/Sao_Paulo").seed_and_process(folder)
    expected = oracle.build(folder, zone=herd.zone)

    columns = "topic, code, field, status, count(*)"
    query = f"SELECT {columns} FROM silver_quarantine GROUP BY topic, code, field, status"
    assert sorted(herd.query(query)) == sorted(ask_oracle(expected, query))
    assert_all_equal_oracle(herd, expected)
    states = f"SELECT count(DISTINCT state) FROM {SILVER.table}"
    assert herd.query(states) == [(2,)]
