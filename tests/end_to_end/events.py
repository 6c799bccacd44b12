"""Rows of Parquet files as the bodies that gateways send: strings and numbers mixed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Event = tuple[str, dict[str, Any]]

_TIMES: tuple[Callable[[float], object], ...] = (
    lambda seconds: seconds,
    lambda seconds: int(seconds) if seconds == int(seconds) else seconds,
    lambda seconds: str(seconds),
    lambda seconds: round(seconds * 1000),
    lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(),
    lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=None).isoformat(),
)
_MISSING: tuple[object, ...] = (None, "", "None", "nan")


def _value(value: float | None, chance: random.Random) -> object:
    if value is None:
        return chance.choice(_MISSING)
    whole = int(value) if value == int(value) else value
    return chance.choice((value, whole, str(value), str(whole)))


def shuffled_events(folder: Path, seed: int) -> list[Event]:
    """(route, body) of every row of the three files, in any order."""
    chance = random.Random(seed)
    cows = pq.read_table(folder / "cows.parquet").to_pylist()
    sensors = pq.read_table(folder / "sensors.parquet").to_pylist()
    readings = pq.read_table(folder / "measurements.parquet").to_pylist()
    events: list[Event] = []
    for cow in cows:
        events.append(("/cow/", {**cow, "birthdate": str(cow["birthdate"])}))
    events.extend(("/sensor/", sensor) for sensor in sensors)
    for reading in readings:
        body = {
            "sensor_id": reading["sensor_id"],
            "cow_id": reading["cow_id"],
            "timestamp": chance.choice(_TIMES)(reading["timestamp"]),
            "value": _value(reading["value"], chance),
        }
        events.append((chance.choice(("/measurement/", "/ingrid/measurement")), body))
    chance.shuffle(events)
    return events
