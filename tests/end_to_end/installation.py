"""A herdflow of its own for a test: a data folder, the executable, its store and its server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from engines import EMBEDDED, Engines, new_prefix
from program import executable, free_port
from store import Row, Store, drop_databases, nothing_where_no_table_is, open_store
from waiting import wait_until

COMMAND_SECONDS = 600
SERVER_SECONDS = 60


@dataclass
class Server:
    """A running `herdflow serve` on two free loopback ports."""

    process: subprocess.Popen[bytes]
    producer: str
    backend: str
    http: requests.Session

    def post(self, route: str, body: object) -> requests.Response:
        """Send an event to the producer's port."""
        return self.http.post(self.producer + route, json=body, timeout=30)

    def post_backend(self, route: str, body: object) -> requests.Response:
        """Send something to the back end's port."""
        return self.http.post(self.backend + route, json=body, timeout=30)

    def get(self, route: str) -> requests.Response:
        """Ask the back end."""
        return self.http.get(self.backend + route, timeout=30)

    def is_healthy(self) -> bool:
        """Both ports answer: each opens by itself."""
        if self.process.poll() is not None:
            raise AssertionError(f"serve ended with {self.process.returncode} before it was ready")
        with contextlib.suppress(requests.ConnectionError):
            ports = (self.producer, self.backend)
            return all(self.http.get(f"{port}/healthz", timeout=30).ok for port in ports)
        return False

    def kill(self) -> None:
        """`kill -9`, in the middle of whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to drain and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SERVER_SECONDS)


def loopback_session() -> requests.Session:
    """A session that ignores the proxies of the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


@dataclass
class Installation:
    """One data folder, or the topics and databases with a prefix, and the commands on them."""

    folder: Path
    zone: str = "UTC"
    engines: Engines = EMBEDDED
    prefix: str = field(default_factory=new_prefix)

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("HERDFLOW")}
        return {
            **inherited,
            "HERDFLOW_DATA_FOLDER": str(self.folder),
            "HERDFLOW_HERD_TIME_ZONE": self.zone,
            **self.engines.environment(self.prefix),
        }

    def attempt(self, *arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run a command whose exit code the test looks at. A setting that is None is left out."""
        changed = {**self.environment(), **settings}
        return subprocess.run(
            [str(executable()), *map(str, arguments)],
            env={name: str(value) for name, value in changed.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )

    def run(self, *arguments: object) -> str:
        """Run a command that must succeed and give its output."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"herdflow {arguments}: {done.returncode}\n{done.stderr}"
        return done.stdout

    def ask(self, *arguments: object) -> Any:
        """Run a command with --json and give the answer."""
        return json.loads(self.run(*arguments, "--json"))

    def process(self) -> None:
        """Log to gold."""
        self.run("load")
        self.run("pipeline", "run")

    def seed_and_process(self, *files: Path) -> Installation:
        """Files to gold."""
        self.run("seed", *files)
        self.process()
        return self

    def copy_to(self, folder: Path) -> Installation:
        """The same data for a test that changes it. Embedded engines only."""
        assert self.engines == EMBEDDED
        shutil.copytree(self.folder, folder)
        return Installation(folder, self.zone)

    def remove(self) -> None:
        """Leave nothing on the servers."""
        if self.engines.has_kafka:
            topics = [each["topic"] for each in self.ask("topics", "list")]
            if topics:
                self.run("topics", "delete", "--yes", *topics)
        if self.engines.has_mysql:
            drop_databases(self.engines, self.prefix)

    def store(self) -> contextlib.AbstractContextManager[Store]:
        """The store, for reading only."""
        return open_store(self.engines, self.prefix, self.folder)

    def query(self, sql: str, *parameters: object) -> list[Row]:
        """A small answer from the store."""
        with self.store() as store:
            return list(store.execute(sql, parameters))

    def count(self, table: str) -> int:
        """Rows of a table; 0 while the store does not exist."""
        if not self.engines.has_mysql and not (self.folder / "store.db").exists():
            return 0
        with nothing_where_no_table_is():
            return int(self.query(f"SELECT count(*) FROM {table}")[0][0])
        return 0

    @contextlib.contextmanager
    def serve(self, *arguments: str, **settings: str) -> Iterator[Server]:
        """A server with both ports; it is drained at the end and must say that it went well."""
        producer, backend = free_port(), free_port()
        ports = {"HERDFLOW_PRODUCER_PORT": str(producer), "HERDFLOW_BACKEND_PORT": str(backend)}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / "serve.log").open("ab") as log, loopback_session() as http:
            process = subprocess.Popen(
                [str(executable()), "serve", *arguments],
                env={**self.environment(), **ports, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            address = "http://127.0.0.1"
            server = Server(process, f"{address}:{producer}", f"{address}:{backend}", http)
            try:
                wait_until(server.is_healthy)
                yield server
                if process.poll() is None:
                    assert server.stop() == 0
            finally:
                if process.poll() is None:
                    server.kill()
