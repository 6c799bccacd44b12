"""./run --stack: a made-up herd through Kafka, MariaDB and Airflow, and nothing left of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from program import REPOSITORY, executable, free_port
from stack import Stack

START_SECONDS = 600  # The first one fetches Airflow.
END_SECONDS = 300  # Its parts end one after the other, each in a minute at most.


@dataclass
class Run:
    """./run --stack, which goes on until it is stopped."""

    data: Path
    output: Path
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C stops it" not in self.said:
            assert self.process.poll() is None, f"exit status {self.process.returncode}\n{self.said}"
            assert time.monotonic() < deadline, f"not ready after {START_SECONDS} s\n{self.said}"
            time.sleep(0.5)

    def command(self, *words: str) -> str:
        """A command of herdflow with the settings that the run left."""
        settings = {k: v for k, v in os.environ.items() if not k.startswith("HERDFLOW")}
        words = (str(executable()), "--config", str(self.data / "stack/herdflow.toml"), *words)
        return subprocess.run(words, env=settings, check=True, capture_output=True, text=True, timeout=END_SECONDS).stdout


@pytest.fixture
def run(packages: None, tmp_path: Path) -> Iterator[Run]:
    data, output = tmp_path / "data", tmp_path / "output"
    settings = {k: v for k, v in os.environ.items() if not k.startswith("HERDFLOW")}
    ports = [f"--backend-port={free_port()}", f"--producer-port={free_port()}"]
    with output.open("wb") as file:
        process = subprocess.Popen(
            [REPOSITORY / "run", "--stack", "--yes", "--data", data, *ports],
            env=settings, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
    yield Run(data, output, process)
    process.terminate()
    process.wait(timeout=END_SECONDS)


def test_a_herd_goes_through_all_of_it(run: Run) -> None:
    run.wait_until_it_serves()
    assert "Potentially ill" in run.said
    status = json.loads(run.command("status", "--json"))
    assert status["scheduler"] == "external"
    assert [each["topic"] for each in status["partitions"]] == sorted(["farms", "cows", "sensors", "measurements"] * 6)  # As Kafka has them.
    assert {each["audit_gap"] for each in status["partitions"]} == {0}
    assert (status["dirty_days"], status["last_failure"]) == (0, None)
    assert json.loads(run.command("report", "--json"))["milk_production"]

    run.process.terminate()
    assert run.process.wait(timeout=END_SECONDS) == 0, run.said
    assert Stack(run.data / "stack").processes() == []
    subprocess.run([REPOSITORY / "run", "--clean", "--yes", "--data", run.data], check=True, timeout=END_SECONDS)
    assert not run.data.exists()
