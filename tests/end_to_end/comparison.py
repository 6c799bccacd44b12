"""Rows of the store against rows of the oracle or of another store, to the last bit."""

from __future__ import annotations

import datetime as dt
import itertools
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
from installation import Installation
from store import Store

Row = tuple[object, ...]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Comparable:
    """What is compared of one table, and the key that orders both sides alike."""

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    oracle_values: tuple[str, ...] = ()

    def from_store(self) -> str:
        """The question to the store."""
        columns = ", ".join(self.key + self.values)
        return f"SELECT {columns} FROM {self.table} ORDER BY {', '.join(self.key)}"

    def from_oracle(self) -> str:
        """The same question to DuckDB."""
        columns = ", ".join(self.key + (self.oracle_values or self.values))
        return f"SELECT {columns} FROM {self.table} ORDER BY {', '.join(self.key)}"


_AGGREGATE = ("average_value", "min_value", "max_value", "records_count")

SILVER = Comparable(
    "silver_measurements",
    ("sensor_id", "cow_id", "timestamp"),
    ("value", "state", "farm_day"),
    ("shown(value_millionths)", "state", "farm_day"),
)
GOLD = (
    Comparable("gold_measurements_daily_aggregations", ("sensor_id", "cow_id", "date"), _AGGREGATE),
    Comparable(
        "gold_measurements_weekly_aggregations",
        ("sensor_id", "cow_id", "year", "week"),
        ("month", *_AGGREGATE),
    ),
    Comparable(
        "gold_measurements_monthly_aggregations",
        ("sensor_id", "cow_id", "year", "month"),
        _AGGREGATE,
    ),
    Comparable(
        "gold_measurements_yearly_aggregations", ("sensor_id", "cow_id", "year"), _AGGREGATE
    ),
    # A sum of nothing may be shown as 0 or as null: both mean that there is no reading.
    Comparable(
        "gold_cow_daily_metrics",
        ("cow_id", "date"),
        (
            "CASE WHEN milk_count > 0 THEN milk_sum END",
            "milk_count",
            "CASE WHEN weight_count > 0 THEN weight_sum END",
            "weight_count",
            "last_weight",
            "last_weight_at",
        ),
        (
            "shown(milk_sum_millionths)",
            "milk_count",
            "shown(weight_sum_millionths)",
            "weight_count",
            "shown(last_weight_millionths)",
            "last_weight_at",
        ),
    ),
    Comparable(
        "gold_herd_days",
        ("date",),
        ("milk_sum", "cows_milked", "average_weight", "cows_weighed", "readings", "refused"),
        (
            "shown(milk_sum_millionths)",
            "cows_milked",
            "average_weight",
            "cows_weighed",
            "readings",
            "refused",
        ),
    ),
    Comparable("gold_cow_milk_means", ("cow_id", "date"), ("average_milk", "milk_days")),
)
# The birth date of a cow is shown as a day or as that day's midnight.
HERD = (
    Comparable("gold_cows", ("id",), ("name", "substr(CAST(birthdate AS CHAR), 1, 10)")),
    Comparable("gold_sensors", ("id",), ("unit", "kind")),
)
EVERYTHING = (SILVER, *GOLD, *HERD)


def microseconds(shown: str) -> int:
    """An instant as the views show it, as µs since 1970. Without a zone it is UTC."""
    instant = dt.datetime.fromisoformat(shown)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=dt.UTC)
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


def _exact(value: object) -> object:
    """A value whose equality is equality of bits; instants become µs."""
    if isinstance(value, float):
        return struct.pack(">d", value).hex(), value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str) and len(value) > 16 and value[4:5] == "-" and value[13:14] == ":":
        return microseconds(value)
    return value


def _exact_rows(rows: Iterable[Row]) -> Iterator[Row]:
    return (tuple(map(_exact, row)) for row in rows)


def ask_oracle(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[Row]:
    """A small answer from the oracle's tables."""
    return connection.cursor().execute(query, parameters).fetchall()


def _duckdb_rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[Row]:
    cursor = connection.cursor().execute(query)
    while rows := cursor.fetchmany(10_000):
        yield from rows


def _assert_same(name: str, left: Iterable[Row], right: Iterable[Row]) -> int:
    """Walk along both sides; the first pair that differs is shown. Gives the number of rows."""
    number = 0
    for ours, theirs in itertools.zip_longest(_exact_rows(left), _exact_rows(right)):
        assert ours == theirs, f"{name}, row {number}:\n  here  {ours}\n  there {theirs}"
        number += 1
    return number


def assert_equals_oracle(
    store: Store, oracle: duckdb.DuckDBPyConnection, what: Comparable
) -> int:
    """Every row of the table is the oracle's, in both directions."""
    return _assert_same(
        what.table, store.execute(what.from_store()), _duckdb_rows(oracle, what.from_oracle())
    )


def assert_all_equal_oracle(here: Installation, oracle: duckdb.DuckDBPyConnection) -> None:
    """Silver, gold, the cows and the sensors."""
    with here.store() as store:
        for what in EVERYTHING:
            assert_equals_oracle(store, oracle, what)


def assert_same_results(here: Installation, there: Installation) -> None:
    """Two stores hold the same silver and gold, versions and lineage apart."""
    with here.store() as left, there.store() as right:
        for what in EVERYTHING:
            query = what.from_store()
            assert _assert_same(what.table, left.execute(query), right.execute(query)) > 0


def assert_audit_is_balanced(herd: Installation) -> None:
    """Offsets against the rows of bronze, by stream and partition; kept counts against all rows."""
    offsets = herd.query(
        "SELECT stream_id, part, next_offset - first_offset - holes FROM ops_consumer_offsets"
    )
    raw = " UNION ALL ".join(
        f"SELECT stream_id, topic_partition FROM bronze_{topic}"
        for topic in ("farms", "cows", "sensors", "measurements")
    )
    rows = herd.query(f"SELECT stream_id, topic_partition, count(*) FROM ({raw}) AS raw GROUP BY 1, 2")
    assert sorted(row for row in offsets if row[2]) == sorted(rows)
    herd.run("status", "--audit")
