"""One herdflow in several processes, and what must hold of it whatever happened to them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import signal
import socket
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feeder import SENSORS, Feeder, Key, loopback_session, post
from program import executable, free_port
from stack import Stack, wait_until

COMMAND_SECONDS = 120
SETTLE_SECONDS = 90
GO_ON_SECONDS = 30  # How soon another process goes on with the work of one that is gone.
_numbers = itertools.count(1)


@dataclass
class Process:
    """A running `herdflow serve`."""

    roles: str
    popen: subprocess.Popen[bytes]
    log: Path
    url: str  # Of its producer's port, or else of its back end's.

    @property
    def owner(self) -> str:
        """Its name in the store."""
        return f"{socket.gethostname()}:{self.popen.pid}"

    def runs(self) -> bool:
        return self.popen.poll() is None

    def says(self, text: str) -> int:
        """How often its log does."""
        return self.log.read_text().count(text)

    def kill(self) -> None:
        """`kill -9`, in the middle of whatever it does."""
        assert self.runs(), f"{self.roles} ended by itself before it was killed, see {self.log}"
        self.popen.send_signal(signal.SIGKILL)
        assert self.popen.wait(10) == -signal.SIGKILL

    def stop(self) -> None:
        """SIGTERM: it finishes what it began, and says that it went well."""
        self.popen.send_signal(signal.SIGTERM)
        assert self.popen.wait(60) == 0, f"{self.roles} ended badly, see {self.log}"

    def pause(self) -> None:
        """SIGSTOP: it is there, and does nothing."""
        self.popen.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self.popen.pid}/stat")
        wait_until("the process stands still", lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")

    def resume(self) -> None:
        self.popen.send_signal(signal.SIGCONT)


@dataclass
class Herd:
    """Topics and databases of its own on the servers of a stack."""

    stack: Stack
    folder: Path
    kafka: str = "kafka"
    settings: dict[str, str] = field(default_factory=dict)
    topics: str = field(default_factory=lambda: f"herd{next(_numbers)}.")
    databases: str = ""
    database: Stack | None = None  # Where the database runs, if not in the stack.
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.databases = self.databases or self.topics.replace(".", "_")
        self.folder.mkdir(parents=True, exist_ok=True)

    # --- Commands and processes ---

    @property
    def server(self) -> Stack:
        return self.database or self.stack

    @property
    def data_folder(self) -> Path:
        """Where a process would keep something, if it kept anything on its disk."""
        return self.folder / "data"

    def environment(self, **settings: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("HERDFLOW")}
        ours = {
            "DATA_FOLDER": str(self.data_folder),
            "LOG_ENGINE": "kafka",
            "KAFKA_BROKERS": self.stack.read(self.kafka, "address"),
            "KAFKA_TOPIC_PREFIX": self.topics,
            "STORE_ENGINE": "mysql",
            "MYSQL_SOCKET": self.server.read("mariadb", "socket"),
            "MYSQL_USER": "herdflow",
            "MYSQL_PASSWORD_FILE": str(self.server.folder / "mariadb/password"),
            "MYSQL_PREFIX": self.databases,
            **self.settings,
            **settings,
        }
        return {**inherited, **{f"HERDFLOW_{name}": value for name, value in ours.items() if value}}

    def begin(self, *arguments: object) -> subprocess.Popen[str]:
        """A command that runs while other things happen."""
        return subprocess.Popen(
            [executable(), *map(str, arguments)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: object) -> str:
        """A command that must succeed."""
        return finish(self.begin(*arguments))

    def status(self) -> dict[str, Any]:
        done = self.run("status", "--json")
        return dict(json.loads(done[done.index("{") :]))

    def start(self, roles: str, **settings: str) -> Process:
        """A `serve` with these roles, when it has begun."""
        producer, backend = free_port(), free_port()
        log = self.folder / f"{len(self.processes)}-{roles}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [executable(), "serve", "--roles", roles],
                env=self.environment(PRODUCER_PORT=str(producer), BACKEND_PORT=str(backend), **settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        process = Process(roles, popen, log, f"http://127.0.0.1:{backend if roles == 'backend' else producer}")
        self.processes.append(process)
        wait_until(f"{roles} is ready", lambda: self._is_ready(process))
        return process

    def _is_ready(self, process: Process) -> bool:
        assert process.runs(), f"{process.roles} ended: {process.log.read_text()}"
        return process.says("layers in") > 0

    def restart(self, process: Process) -> Process:
        """Another one in the place of one that is dead."""
        return self.start(process.roles)

    def stop(self) -> None:
        """All processes, in an orderly way."""
        for process in [p for p in self.processes if p.runs()]:
            process.resume()
            process.stop()

    def end(self) -> None:
        """Whatever still runs: a test failed."""
        for process in [p for p in self.processes if p.runs()]:
            process.popen.send_signal(signal.SIGKILL)
            process.popen.wait()
            print(f"{process.log.name} ends with:", process.log.read_text()[-4000:], sep="\n")

    # --- What flows ---

    def feed(self, producers: list[Process], first: int = 0) -> Feeder:
        """Posts readings, from the first-th on, while it is entered. The cows and sensors are made first."""
        with loopback_session() as http:
            for number in range(SENSORS):
                for route, body in (
                    ("/cow", {"id": f"fed-{number}", "name": f"Fed #{number}"}),
                    ("/sensor", {"id": f"feed-{number}", "unit": "L"}),
                ):
                    answer = post(http, producers[0], route, body)
                    assert answer.status == 200, answer
        return Feeder(producers, first)

    def generate(self, seed: int, days: int = 12) -> Path:
        """A herd's files."""
        folder = self.folder / f"files-{seed}"
        self.run("generate", "--cows", 100, "--seed", seed, "--from", "2025-01-01", "--to", f"2025-01-{days:02}", "-o", folder)
        return folder

    # --- What the store holds ---

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """`bronze.measurements` and so on stand for this herd's."""
        for layer in ("bronze", "silver", "gold"):
            sql = sql.replace(f"{layer}.", f"{self.databases}{layer}_layer.")
        return self.server.query(sql.replace("ops.", f"{self.databases}ops."))

    def owners(self) -> Counter[str]:
        """Who claimed how many partitions."""
        return Counter(owner for (owner,) in self.query("SELECT owner FROM ops.consumer_offsets"))

    def has(self, table: str, key: Key) -> bool:
        """Whether a reading is in a layer."""
        sensor, cow, seconds = key
        time = f"'{seconds}'" if table.startswith("bronze") else f"FROM_UNIXTIME({seconds})"
        return bool(
            self.query(
                f"SELECT 1 FROM {table} WHERE sensor_id = '{sensor}' AND cow_id = '{cow}' AND timestamp = {time}"
            )
        )

    def wait_for(self, key: Key, table: str = "bronze.measurements", seconds: float = GO_ON_SECONDS) -> float:
        """Until the reading has come so far."""
        return wait_until(f"{key} is in {table}", lambda: self.has(table, key), seconds)

    # --- What must hold ---

    def assert_audit(self) -> dict[str, Any]:
        """At any instant: nothing lost, nothing doubled, in no partition of no stream."""
        status = self.status()
        assert status["partitions"]
        for at in status["partitions"]:
            assert (at["audit_gap"], at["holes"]) == (0, 0), at
        return status

    def wait_until_loaded(self) -> None:
        """Until the running loaders have brought everything from the log to bronze."""

        def is_done() -> bool:
            return all(at["end_offset"] == at["next_offset"] for at in self.assert_audit()["partitions"])

        wait_until("everything is in bronze", is_done, SETTLE_SECONDS)

    def settle(self) -> None:
        """Wait until the running processes have brought everything from the log to gold."""

        left: list[Any] = []

        def is_done() -> bool:
            status = self.assert_audit()
            left[:] = [
                at for at in status["partitions"]
                if at["end_offset"] >= 0 and not at["end_offset"] == at["next_offset"] == at["judged_offset"]
            ]  # fmt: skip
            left.extend(f"{what}: {status[what]}" for what in ("rejudge_requests", "dirty_days") if status[what])
            return not left

        try:
            wait_until("everything is in gold", is_done, SETTLE_SECONDS)
        except AssertionError:
            print("Not in gold:", *left, *(each.log.read_text()[-4000:] for each in self.processes), sep="\n")
            raise

    def assert_kept(self, feeder: Feeder) -> None:
        """Of what was posted: acknowledged, there once, where it was said to be; refused: not there."""
        found: dict[Key, list[tuple[int, int]]] = {}
        for sensor, cow, seconds, *place in self.query(
            "SELECT sensor_id, cow_id, timestamp, topic_partition, topic_offset FROM bronze.measurements "
            "WHERE sensor_id LIKE 'feed-%'"
        ):
            found.setdefault((sensor, cow, seconds), []).append(tuple(place))
        acknowledged = feeder.acknowledged()
        assert acknowledged
        for key, place in acknowledged.items():
            assert found.get(key) == [place], f"{key} was acknowledged at {place}; bronze has {found.get(key)}"
        for answer in feeder.answers:
            if answer.status == 503:
                assert answer.key not in found, f"{answer} was refused, but is in bronze"

    def assert_whole(self, feeder: Feeder | None = None, but_for: tuple[str, ...] = ()) -> None:
        """Brings everything to gold, stops all processes, and compares with a fresh store, but for these columns."""
        if feeder:
            feeder.stop()
        self.settle()
        self.stop()
        if feeder:
            self.assert_kept(feeder)
        self.assert_equals_a_fresh_fill(but_for)

    def assert_equals_a_fresh_fill(self, but_for: tuple[str, ...] = ()) -> None:
        """Every layer is what a store has that was filled from the same log without any fault."""
        fresh = dataclasses.replace(self, databases=f"{self.databases}fresh_", processes=[])
        fresh.run("load")
        fresh.run("pipeline", "run")
        fresh.assert_audit()
        views = self.query(
            "SELECT table_schema, table_name, GROUP_CONCAT(column_name) FROM information_schema.columns "
            f"JOIN information_schema.views USING (table_schema, table_name) WHERE table_schema IN "
            f"('{self.databases}bronze_layer', '{self.databases}silver_layer', '{self.databases}gold_layer') "
            f"AND column_name NOT IN {('created_at', 'updated_at', *but_for)} GROUP BY 1, 2"
        )
        assert len(views) == 16, views
        for schema, view, columns in views:
            there = schema.replace(self.databases, fresh.databases, 1)
            if self._sum(f"{schema}.{view}", columns) != self._sum(f"{there}.{view}", columns):
                here, fresh_one = f"SELECT {columns} FROM {schema}.{view}", f"SELECT {columns} FROM {there}.{view}"
                for one, other in ((here, fresh_one), (fresh_one, here)):
                    print(self.server.query(f"{one} EXCEPT ALL {other} LIMIT 5"))
                raise AssertionError(f"{schema}.{view} differs from a fresh fill: {columns}")
        assert self.query("SELECT count(*) FROM gold.measurements_daily_aggregations") > [(0,)]

    def _sum(self, view: str, columns: str) -> tuple[Any, ...]:
        """How many rows, and a sum over all that is in them."""
        cells = ", ".join(f"COALESCE({column}, '-')" for column in columns.split(","))
        digest = f"CAST(CONV(LEFT(MD5(CONCAT_WS('|', {cells})), 15), 16, 10) AS UNSIGNED)"
        return self.server.query(f"SELECT COUNT(*), SUM({digest}) FROM {view}")[0]


def finish(command: subprocess.Popen[str]) -> str:
    """The output of a command that must succeed."""
    output, _ = command.communicate(timeout=COMMAND_SECONDS)
    assert command.returncode == 0, f"{command.args}: {command.returncode}\n{output}"
    return output
