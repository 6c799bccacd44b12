"""Small and shuffled Parquet files for the tests."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Reading = tuple[str | None, str | None, float | None, float | None]

COWS = pa.schema([("id", pa.string()), ("name", pa.string()), ("birthdate", pa.date32())])
FARMS = pa.schema([("id", pa.string()), ("name", pa.string()), ("time_zone", pa.string())])
SENSORS = pa.schema([("id", pa.string()), ("unit", pa.string())])
SENSORS_OF_KINDS = SENSORS.append(pa.field("kind", pa.string()))
MEASUREMENTS = pa.schema(
    [
        ("sensor_id", pa.string()),
        ("cow_id", pa.string()),
        ("timestamp", pa.float64()),
        ("value", pa.float64()),
    ]
)


def seconds(text: str) -> float:
    """Unix seconds of an ISO time with its zone."""
    return dt.datetime.fromisoformat(text).timestamp()


def _write(folder: Path, name: str, schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    columns = [[row[at] for row in rows] for at in range(len(schema))]
    file = folder / f"{name}.parquet"
    pq.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema), file)
    return file


def write_cows(folder: Path, rows: Sequence[tuple[str, str, dt.date | None]]) -> Path:
    return _write(folder, "cows", COWS, rows)


def write_farms(folder: Path, rows: Sequence[tuple[str, str, str]]) -> Path:
    return _write(folder, "farms", FARMS, rows)


def write_sensors(folder: Path, rows: Sequence[tuple[object, ...]]) -> Path:
    """With a column of kinds where the rows have three fields."""
    return _write(folder, "sensors", SENSORS if len(rows[0]) == 2 else SENSORS_OF_KINDS, rows)


def write_measurements(folder: Path, rows: Sequence[Reading]) -> Path:
    return _write(folder, "measurements", MEASUREMENTS, rows)


def shuffled_copies(source: Path, folder: Path, seed: int) -> Path:
    """The same three files with their rows in another order."""
    folder.mkdir(parents=True)
    chance = random.Random(seed)
    for name in ("cows", "sensors", "measurements"):
        table = pq.read_table(source / f"{name}.parquet")
        order = chance.sample(range(table.num_rows), table.num_rows)
        pq.write_table(table.take(pa.array(order)), folder / f"{name}.parquet")
    return folder


def sample_of(source: Path, folder: Path, readings: int, seed: int) -> Path:
    """All cows and sensors and some of the readings, in the order of the file."""
    folder.mkdir(parents=True)
    for name in ("cows", "sensors"):
        pq.write_table(pq.read_table(source / f"{name}.parquet"), folder / f"{name}.parquet")
    table = pq.read_table(source / "measurements.parquet")
    chosen = sorted(random.Random(seed).sample(range(table.num_rows), readings))
    pq.write_table(table.take(pa.array(chosen)), folder / "measurements.parquet")
    return folder
