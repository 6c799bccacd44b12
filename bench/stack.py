"""What the benches of Kafka and MariaDB share: servers of their own, a herdflow on them, their cost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
from confluent_kafka import Consumer, TopicPartition
from engines import SERVERS
from installation import Installation
from program import REPOSITORY, executable
from store import Store, drop_databases, open_store

import measure
from measure import MEGABYTE, Cost, cpu_seconds

USER = "herdflow"
BENCH_DATABASE = "bench_reference"
SCRIPTS = REPOSITORY / "deploy/local"


@dataclass(frozen=True)
class Usage:
    """CPU seconds so far of the servers."""

    kafka: float
    mariadb: float

    def since(self, before: Usage) -> Usage:
        """What was used in between."""
        return Usage(self.kafka - before.kafka, self.mariadb - before.mariadb)


@dataclass(frozen=True)
class Measured:
    """A process, and what the servers did for it meanwhile."""

    cost: Cost
    servers: Usage


@dataclass(frozen=True)
class Stack:
    """A running broker and a running database in a folder of the bench's own; shared: in the tests'."""

    folder: Path
    shared: bool = False
    herds: list[StackHerd] = field(default_factory=list)

    def read(self, part: str, name: str) -> str:
        """A file that deploy/local has about a part."""
        return (self.folder / part / name).read_text(encoding="utf-8").strip()

    @property
    def brokers(self) -> str:
        return self.read("kafka", "address")

    @property
    def socket(self) -> str:
        return self.read("mariadb", "socket")

    @property
    def password_file(self) -> Path:
        return self.folder / "mariadb/password"

    def herd(self, topics: str, databases: str, folder: Path) -> StackHerd:
        """A herdflow with these prefixes of topics and databases; both may be shared with others."""
        self.herds.append(StackHerd(folder, "UTC", SERVERS, topics, stack=self, databases=databases))
        return self.herds[-1]

    def make_bench_database(self) -> None:
        """Where the references write."""
        self.execute(f"DROP DATABASE IF EXISTS {BENCH_DATABASE}")
        self.execute(f"CREATE DATABASE {BENCH_DATABASE}")

    def connect(self) -> pymysql.Connection[Any]:
        return pymysql.connect(
            unix_socket=self.socket,
            user=USER,
            password=self.read("mariadb", "password"),
            autocommit=True,
        )

    def execute(self, sql: str) -> None:
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql)

    def usage(self) -> Usage:
        return Usage(*(cpu_seconds(self.read(part, "pid")) for part in ("kafka", "mariadb")))

    def peak_mb(self, part: str) -> float:
        """The server's peak resident memory since it started."""
        return measure.peak_mb(Path(f"/proc/{self.read(part, 'pid')}/status"))

    def run(self, command: Sequence[object], environment: Mapping[str, str], log: Path) -> Measured:
        before = self.usage()
        cost = measure.run_measured(command, environment, log)
        return Measured(cost, self.usage().since(before))

    def count(self, topic: str) -> int:
        """Messages of a topic that nothing was deleted from: the sum of its ends."""
        settings = {"bootstrap.servers": self.brokers, "group.id": "bench-count"}
        with contextlib.closing(Consumer(settings)) as consumer:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            ends = [
                consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
                for number in partitions
            ]
        return sum(ends)

    def topic_mb(self, topic: str) -> float:
        """Bytes on the broker's disk."""
        folders = (self.folder / "kafka/data").rglob(f"{topic}-*/*.log")
        return sum(file.stat().st_size for file in folders) / MEGABYTE

    def database_mb(self, prefix: str) -> float:
        """Bytes on the database's disk."""
        files = (self.folder / "mariadb/data").glob(f"{prefix}*/*.ibd")
        return sum(file.stat().st_size for file in files) / MEGABYTE

    def drop(self, prefix: str) -> None:
        """The databases of a herdflow that is done."""
        drop_databases(SERVERS, prefix)
        self.settle()

    def settle(self) -> None:
        """Waits until the database has cleaned up after what was deleted: it is not the next one's.

        Of shared servers nobody knows whose it is, nor measures anything.
        """
        if self.shared:
            return
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            for _ in range(600):
                cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_history_list_length'")
                if int(cursor.fetchone()[1]) < 100:
                    return
                time.sleep(0.1)

    def clear(self) -> None:
        """Leave nothing on shared servers."""
        for herd in self.herds:
            herd.remove()
        self.execute(f"DROP DATABASE IF EXISTS {BENCH_DATABASE}")


@dataclass
class StackHerd(Installation):
    """A herdflow whose log is Kafka and whose store is MariaDB."""

    stack: Stack | None = None
    databases: str = ""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "HERDFLOW_MYSQL_PREFIX": self.databases}

    def measured(self, *arguments: object) -> Measured:
        """One command of it."""
        assert self.stack is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "output.log"
        return self.stack.run([executable(), *arguments], self.environment(), log)

    def remove(self) -> None:
        topics = [each["topic"] for each in self.ask("topics", "list")]
        if topics:
            self.run("topics", "delete", "--yes", *topics)
        drop_databases(SERVERS, self.databases)

    def store(self) -> contextlib.AbstractContextManager[Store]:
        return open_store(self.engines, self.databases, self.folder)


def array_insert(servers: Stack, source: str, program: Path) -> tuple[int, Measured]:
    """Rows, and the cost of writing them alone: they are read into memory before."""
    target = f"{BENCH_DATABASE}.{source.split('.')[1]}"
    command = [program, servers.socket, USER, servers.password_file, source, target]
    before = servers.usage()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    answer = json.loads(done.stdout)
    cost = Cost(answer["seconds"], answer["cpu_seconds"], answer["resident_mb"])
    return answer["rows"], Measured(cost, servers.usage().since(before))


def are_left_out() -> bool:
    """Whether a quick form has no servers here, which is said."""
    reason = SERVERS.missing()
    if reason:
        print(f"LEFT OUT: {reason}", file=sys.stderr)
    return reason is not None


@contextlib.contextmanager
def start(quick: bool) -> Iterator[Stack]:
    """Kafka and MariaDB by deploy/local in a temporary folder, removed at the end; quick: those of the tests."""
    if quick:
        if reason := SERVERS.missing():
            measure.leave_out(reason)
        shared = Stack(Path(os.environ["TEST_STACK"]), shared=True)
        try:
            yield shared
        finally:
            shared.clear()
        return
    folder = Path(tempfile.mkdtemp(prefix="bench."))
    try:
        subprocess.run(
            [SCRIPTS / "up", "--folder", folder, "kafka", "mariadb"],
            check=True,
            stdout=sys.stderr,
            stdin=subprocess.DEVNULL,
        )
        os.environ["TEST_STACK"] = str(folder)  # Where the tests' Installation finds its servers.
        yield Stack(folder)
    finally:
        subprocess.run(
            [SCRIPTS / "destroy", "--yes", "--folder", folder],
            stdout=sys.stderr,
            stdin=subprocess.DEVNULL,
        )
        shutil.rmtree(folder, ignore_errors=True)


def print_servers(stack: Stack) -> None:
    """The servers and how they are set, below the machine."""
    names = (f"{part} {stack.read(part, 'version')}" for part in ("kafka", "mariadb"))
    print(f"servers on the same cores: {', '.join(names)}, as deploy/local sets them\n")


def cost_row(name: str, runs: Sequence[Measured], *more: str) -> tuple[str, ...]:
    """Name, wall, its CPU, the servers' CPU, its peak, and what else is given."""
    return (
        name,
        measure.summary(run.cost.wall for run in runs),
        measure.summary(run.cost.cpu for run in runs),
        measure.summary(run.servers.kafka + run.servers.mariadb for run in runs),
        measure.summary((run.cost.resident_mb for run in runs), 0),
        *more,
    )


COST_HEAD = ("min / median / max", "wall s", "CPU s", "servers' CPU s", "peak resident MB")
