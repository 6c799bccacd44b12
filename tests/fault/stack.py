"""The real servers of deploy/local, in a folder of the tests' own, since these tests kill them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import waiting
from program import is_running, local_stack


def wait_until(what: str, condition: Callable[[], object], seconds: float = 30) -> float:
    """Ask again and again until the condition holds. Gives the seconds it took."""
    start = time.monotonic()
    waiting.wait_until(condition, seconds, what)
    return time.monotonic() - start


@dataclass
class Stack:
    """A folder of servers."""

    folder: Path

    def attempt(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of the commands of deploy/local."""
        return local_stack(command, "--folder", self.folder, *arguments)

    def run(self, command: str, *arguments: str) -> None:
        """A command that must succeed."""
        done = self.attempt(command, *arguments)
        assert done.returncode == 0, f"deploy/local/{command} {arguments}:\n{done.stdout}"

    def read(self, part: str, name: str) -> str:
        """The one line of a file that tells where a server is."""
        return (self.folder / part / name).read_text().removesuffix("\n")

    def pid(self, part: str, broker: int | None = None) -> int:
        return int(self.read(part, "pid" if broker is None else f"pid.{broker}"))

    def kill(self, part: str, broker: int | None = None) -> None:
        """`kill -9` of a server that runs."""
        pid = self.pid(part, broker)
        assert is_running(pid), f"{part} did not run when it was to be killed"
        os.kill(pid, signal.SIGKILL)
        wait_until(f"{part} is dead", lambda: not is_running(pid))

    @contextlib.contextmanager
    def silent(self, part: str) -> Any:
        """The server is there, and says nothing."""
        pid = self.pid(part)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with (
            contextlib.closing(
                pymysql.connect(
                    unix_socket=self.read("mariadb", "socket"),
                    user="herdflow",
                    password=self.read("mariadb", "password"),
                    autocommit=True,
                )
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            return list(cursor.fetchall())
