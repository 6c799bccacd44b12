"""Messages with every kind of fault, as gateways, tools and mistakes put them into the topics.

What depends on order keeps it on every log: all messages about a reading, a cow or a sensor have
one key within a wave, and a wave is durable before the next one begins.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from confluent_kafka import KafkaError, Producer
from confluent_kafka import Message as Acknowledged
from installation import Installation
from sealed import checksum, seal

SEND_SECONDS = 60
MORNING = dt.datetime(2024, 3, 1, 6, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Message:
    """The exact bytes. No value is what Kafka calls a tombstone."""

    topic: str
    key: bytes
    value: bytes | None


Wave = Sequence[Message]


def _text(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def cow(cow_id: object, **fields: object) -> Message:
    return Message("cows", str(cow_id).encode(), _text({"id": cow_id, **fields}))


def sensor(sensor_id: object, **fields: object) -> Message:
    return Message("sensors", str(sensor_id).encode(), _text({"id": sensor_id, **fields}))


def reading(sensor_id: object, cow_id: object, timestamp: object, **fields: object) -> Message:
    ids = {"sensor_id": sensor_id, "cow_id": cow_id}
    body = _text({**ids, "timestamp": timestamp, **fields})
    return Message("measurements", f"{sensor_id}_{cow_id}".encode(), body)


# --- Sending ---


@functools.cache
def _producer(brokers: str) -> Producer:
    """One for all waves: its first message takes half a second."""
    return Producer(
        {
            "bootstrap.servers": brokers,
            "partitioner": "murmur2",
            "enable.idempotence": True,
            "message.max.bytes": 16 << 20,
        }
    )


def _to_kafka(herd: Installation, wave: Wave) -> None:
    errors: list[KafkaError | None] = []

    def done(error: KafkaError | None, _: Acknowledged) -> None:
        errors.append(error)

    producer = _producer(herd.engines.brokers())
    for message in wave:
        topic = herd.prefix + message.topic
        producer.produce(topic, key=message.key, value=message.value, on_delivery=done)
    producer.flush(SEND_SECONDS)
    assert errors == [None] * len(wave), f"not all was acknowledged: {errors}"


def _to_log_db(herd: Installation, wave: Wave) -> None:
    """As src/log_sqlite/README.md says; a topic has one partition."""
    partition = (
        "SELECT p.id, p.next_offset FROM partitions p JOIN topics t ON t.id = p.topic_id "
        "WHERE t.name = ?"
    )
    with closing(sqlite3.connect(herd.folder / "log.db", timeout=30, isolation_level=None)) as log:
        log.execute("BEGIN IMMEDIATE")
        for message in wave:
            [(number, offset)] = log.execute(partition, (message.topic,)).fetchall()
            at = time.time_ns() // 1000
            row = (number << 40 | offset, at, message.key, message.value or b"")
            log.execute("INSERT INTO events VALUES (?, ?, ?, ?, NULL, ?)", (*row, checksum(*row)))
            log.execute(
                "UPDATE partitions SET next_offset = ? WHERE id = ?",
                (offset + 1, number),
            )
        log.execute("COMMIT")
    seal(herd.folder / "log.db")


def send(herd: Installation, wave: Wave) -> None:
    """Put the messages into the log, past everything that would refuse them."""
    time.sleep(0.005)  # Kafka's times are milliseconds: a later wave is newer on every partition.
    (_to_kafka if herd.engines.has_kafka else _to_log_db)(herd, wave)
    time.sleep(0.005)


# --- Faults one by one ---


def broken() -> Wave:
    """What is no message, in every topic."""
    bodies = (
        b"", None, b" ", b"null", b"true", b"12", b'"text"', b"[]", b"{}", b"{", b"}", b'{"id": "a"', b"\x00",
        b'{"id": NaN}', b"{'id': 'a'}", b'{"id": "a",}', b'\xef\xbb\xbf{"id": "a"}', b'{"id": "a"} {"id": "b"}',
        b"\xff\xfe", b'{"id": "\xff"}', b'{"id": "\xc3"}', b'{"id": "\xed\xa0\x80"}', b'{"id": "\\ud800"}',
        b'{"sensor_id": "milk", "cow_id": "\xf8\x88\x80\x80\x80", "timestamp": 1709272800, "value": 1}',
        b'{"id": "nested", "name": {"a": [1, 2]}, "unit": {"a": 1}}', b"[" * 5_000, b'{"a":' * 5_000,
        b'{"id": "' + b"x" * 300_000 + b'"}', b"\xc3\xa9" * 1_000_000,
    )  # fmt: skip
    return [
        Message(topic, f"broken {number % 5}".encode(), body)
        for topic in ("cows", "sensors", "measurements")
        for number, body in enumerate(bodies)
    ]


# Alike for a careless collation, and yet all of them different; and what is no id at all.
ALIKE = ("berta", "Berta", "BERTA", "b\u00e9rta", "be\u0301rta", "ss", "\u00df", "\u017f\u017f", "a b", "a\u00a0b")
ODD_IDS: tuple[object, ...] = (
    None, "", "None", "nan", " berta", "berta ", "berta\u00a0", "a\tb", "a\u0000b", "x" * 255, "x" * 256, "\U0001f42e" * 255,
    "\U0001f42e" * 256, 42, "42", -1, 4.5, 1e3, 10**30, True, ["a"], {"a": 1}, "a_b", "'; --", "%s", "?1", "\\", "NULL", "\u202e",
)  # fmt: skip
NAMES: tuple[object, ...] = (
    "Berta #1", "Berta #1", " Berta #2 ", "Berta", "Berta #", "Berta #007", "Berta #99999999999999999999", "#1", "b\u00e9rta #1",
    None, "", "n" * 255, "n" * 256, "\U0001f42e" * 255 + " ", "a\u0000b", 7, True, ["a"],
)  # fmt: skip
BIRTHDATES: tuple[object, ...] = (
    None, "", "2019-05-06", "2019-05-06T10:00:00Z", "2019-05-06 10:00:00", "1979-12-31", "1980-01-01", "2150-01-01", "2019-02-29",
    "2020-02-29", "06.05.2019", 20190506, 1557100800, "0000-00-00", "9999-12-31", "10000-01-01", True, {},
)  # fmt: skip
UNITS: tuple[object, ...] = ("L", "l", " L ", "kg", "KG", "Kg", "\u00b0C", "Liters", "LBR", "gallons", "ten chars!", "eleven char", "\U0001f95b" * 10, "", None, 5, [])
KINDS: tuple[object, ...] = ("milk", " weight ", "Milk", "\U0001f95b" * 32, "k" * 33, "a\nb", "", " ", "None", None, 5, True, [])


def herd_book() -> Wave:
    """Cows and sensors with every kind of field."""
    cows = [cow(each, name=f"{each} #1") for each in (*ALIKE, *ODD_IDS)]
    cows += [cow(f"named {number}", name=name) for number, name in enumerate(NAMES)]
    cows += [cow(f"born {number}", name="B", birthdate=day) for number, day in enumerate(BIRTHDATES)]
    sensors = [sensor(each, unit="L") for each in (*ALIKE, *ODD_IDS)]
    sensors += [sensor(f"unit {number}", unit=unit) for number, unit in enumerate(UNITS)]
    sensors += [sensor(f"kind {number}", unit="kg", kind=kind) for number, kind in enumerate(KINDS)]
    return [*cows, *sensors]


def known() -> Wave:
    """Those that the readings below are about."""
    units = {"milk": "L", "milk 2": "L", "scale": "kg", "scale 2": "KG", "thermometer": "\u00b0C", "pounds": "lbs", "gallons": "GAL"}
    cows = [cow(each, name=f"{each} #1", birthdate="2019-05-06") for each in ("anna", "42")]
    return [*cows, *(sensor(name, unit=unit) for name, unit in units.items())]


def times() -> Wave:
    """One instant in every notation, each as a correction of the one before; then other times."""
    seconds = int(MORNING.timestamp())
    same: list[object] = [
        seconds, float(seconds), str(seconds), f"{seconds}.0", f"{seconds}.0000000000", f" {seconds} ", seconds * 1000,
        str(seconds * 1000), seconds * 10**6, seconds * 10**9, f"{seconds}e0", f"{seconds / 10}e1", "2024-03-01T06:00:00Z",
        "2024-03-01T06:00:00", "2024-03-01 06:00:00", "2024-03-01T06:00:00+00:00", "2024-03-01T07:00:00+01:00",
        "2024-02-29T20:30:00.000000-09:30", "2024-03-01T06:00", "20240301T060000Z", "2024-03-01T06:00:00.0000004Z",
    ]  # fmt: skip
    other: list[object] = [
        None, "", "nan", "noon", "2024-03-01", "2024-13-01T00:00:00Z", "2024-02-30T00:00:00Z", "2024-03-01T24:00:00Z",
        "2024-03-01T23:59:60Z", "2024-03-01T06:00:00.5Z", "1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00Z", "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.5Z", -0.5, -1.25, 0, 1, 946684799.999999, 946684800, "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z", 99_999_999_999, 10**11, 10**14, 10**17, 10**18, 10**30, -(10**30), 1e300, "1e999", "-1e999",
        1709272800.0000005, 1709272800.0000015, "1709272800.12345678901234567890", True, [], {}, "x" * 400, "1" * 300,
    ]  # fmt: skip
    one = [reading("milk", "anna", at, value=1 + number) for number, at in enumerate(same)]
    return [*one, *(reading("milk 2", "anna", at, value=2) for at in other)]


def values() -> Wave:
    """Every kind of value, on sensors of every kind, each of a reading of its own."""
    all_values: list[object] = [
        0, -0.0, "-0", 1, 1.5, "1.5", " 1.5 ", "1,5", "+1", "1e1", "0x10", "1_000", "1e-7", 5e-7, 1.5e-6, 2.5e-6, 0.1 + 0.2, "0.30000000000000004",
        "12.3456785", "12.3456775", 60, 60.0000005, 60.0000006, 19.9999994, 19.9999995, 20, 1500, 1500.1, 1e6, 1000000.0000005, 1000001,
        -1, "-1", -5e-7, -5.1e-7, -1e300, 1e300, "1e400", "1e-400", "9" * 300, "0." + "0" * 300 + "1", None, "", "None", "nan", "NaN", "NULL",
        "inf", "-Infinity", "many", True, False, [], {"a": 1}, "\u0661", "x" * 400,
    ]  # fmt: skip
    start = int(MORNING.timestamp()) + 86_400
    readings = [
        reading(name, "anna", start + number, value=value)
        for name in ("milk", "scale", "thermometer", "pounds", "gallons", "no such sensor")
        for number, value in enumerate(all_values)
    ]
    return [*readings, reading("milk", "anna", start - 1), *_exact_numbers(start + 1_000)]


def _exact_numbers(start: int) -> Iterator[Message]:
    """Numbers as no JSON writer would write them."""
    for number, text in enumerate(("1.50", "1E+1", "-0", "0.1e1", "12.345678500000000000001", "1e-999", "1e999")):
        body = f'{{"sensor_id":"milk","cow_id":"anna","timestamp":{start + number}.000,"value":{text}}}'
        yield Message("measurements", b"milk_anna", body.encode())


def ids() -> Wave:
    """Readings of every kind of id."""
    start = int(MORNING.timestamp()) + 2 * 86_400
    both = (*ALIKE, *ODD_IDS)
    of_cows = [reading("milk", each, start + number, value=3) for number, each in enumerate(both)]
    of_sensors = [reading(each, "anna", start + number, value=4) for number, each in enumerate(both)]
    return [*of_cows, *of_sensors, Message("measurements", b"", _text({"value": 5}))]


def corrections() -> Iterator[Wave]:
    """Duplicates, corrections good and bad, deletions, also of what was never seen."""
    at = int(MORNING.timestamp()) + 3 * 86_400
    for number, bodies in enumerate(
        (
            [{"value": 1}, {"value": 1}, {"value": "1.0"}],
            [{"value": 1}, {"value": 2}],
            [{"value": 1}, {"value": -1}],
            [{"value": -1}, {"value": 61}, {"value": 2}],
            [{"value": 1}, {"value": None}, {"value": 2}, {"value": "many"}],
            [{"value": 1}, {"deleted": True}],
            [{"value": 1}, {"deleted": True}, {"value": 2}],
            [{"value": 1}, {"value": -1}, {"deleted": True}],
            [{"deleted": True}],
            [{"deleted": True}, {"deleted": True, "value": 3}, {"value": -1}],
            [{"value": 1, "deleted": False}, {"value": 2, "deleted": "true"}, {"value": 3, "deleted": None}],
            [{"value": 1, "deleted": 1}, {"value": 2, "deleted": "yes"}, {"value": 3, "deleted": []}],
        )
    ):
        yield [reading("milk", "anna", at + number, **body) for body in bodies]
    # The same reading under other keys goes to other partitions: only a later wave is newer there.
    for number in range(8):
        message = reading("milk", "anna", at + 100, value=number)
        yield [Message(message.topic, f"other key {number}".encode(), message.value)]


def before_they_are_known() -> Wave:
    """Good and bad readings, and a deletion, of a cow and a sensor that come later, or never."""
    at = int(MORNING.timestamp()) + 4 * 86_400
    pairs = (("late milk", "anna"), ("milk", "late cow"), ("late milk", "late cow"), ("never", "never"))
    bodies = ({"value": 5}, {"value": 500}, {"value": -1}, {"value": 6, "deleted": True}, {"value": 7})
    return [
        reading(sensor_id, cow_id, at + number, **body)
        for sensor_id, cow_id in pairs
        for number, body in enumerate((*bodies, {"value": 8}))
    ]


def they_become_known() -> Wave:
    return [cow("late cow", name="Late #1"), sensor("late milk", unit="L")]


def units_and_retirement() -> Iterator[Wave]:
    """Units whose case changes, a kind, and cows and sensors that are retired, and brought back."""
    yield [sensor("milk", unit="l"), sensor("scale", unit="KG"), sensor("thermometer", unit="K")]
    yield [sensor("pounds", unit="lb", kind="milk")]
    yield [cow("anna", deleted=True), cow("42", name="42 #1", deleted=True), cow("unseen", deleted=True)]
    yield [sensor("milk 2", deleted=True), sensor("scale 2", unit="kg", deleted="true")]
    at = int(MORNING.timestamp()) + 5 * 86_400
    yield [reading("milk 2", "anna", at, value=9), reading("scale 2", 42, at, value=600)]
    yield [cow("42", name="42 #2")]


def mixture(seed: int, number: int) -> Wave:
    """Everything above at once, by chance, about few readings."""
    chance = random.Random(seed)
    start = int(MORNING.timestamp()) + 10 * 86_400
    some: tuple[object, ...] = (None, -1, 0, "0", 12.5, "12.5", 30, "30.0", 59.9, 61, 700, "700.25", 1501, 1e7, "?")

    def one() -> Message:
        at = start + chance.randrange(40) * 3_600
        notation = chance.choice((at, str(at), at * 1_000, at * 10**6, dt.datetime.fromtimestamp(at, dt.UTC).isoformat()))
        who = chance.choice(("milk", "milk 2", "scale", "scale 2", "thermometer", "unknown")), chance.choice(("anna", "42", "late cow", "nobody"))
        if chance.random() < 0.1:
            return reading(*who, notation, deleted=True)
        return reading(*who, notation, value=chance.choice(some))

    return [one() for _ in range(number)]


def about_the_files(folder: Path) -> Wave:
    """Corrections, bad and good, and deletions of readings that files brought."""
    rows = pq.read_table(folder / "measurements.parquet").slice(0, 300).to_pylist()
    bodies = ({"value": 21.5}, {"value": -1}, {"deleted": True}, {"value": "22"}, {})
    return [
        reading(row["sensor_id"], row["cow_id"], row["timestamp"], **bodies[number % len(bodies)])
        for number, row in enumerate(rows)
    ]
