"""One herdflow for Airflow to call: a `serve` with its data, or topics and databases, of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from airflow_server import wait_until
from program import executable, free_port

COMMAND_SECONDS = 300
PIPELINES = ("FARM_DATA", "COW_DATA", "SENSOR_DATA", "MEASUREMENT_DATA")
# Airflow makes up for this slot when it sees a DAG first, and begins nothing more by itself while the tests run.
FAR_AWAY = f"daily at {datetime.now(tz=UTC) - timedelta(hours=6):%H:%M}"


@dataclass
class Herd:
    """It does only what it is asked for: the scheduler is somebody else."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    backend: int = field(default_factory=free_port)
    producer: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.backend}"

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("HERDFLOW")}
        ours = {
            "DATA_FOLDER": str(self.folder / "data"),
            "BACKEND_PORT": str(self.backend),
            "PRODUCER_PORT": str(self.producer),
            "PIPELINES_SCHEDULER": "external",
            **{f"PIPELINES_{name}": FAR_AWAY for name in PIPELINES},
            **self.settings,
        }
        return {**inherited, **{f"HERDFLOW_{name}": value for name, value in ours.items()}}

    def run(self, *arguments: object) -> str:
        """A command that must succeed."""
        done = subprocess.run(
            [executable(), *map(str, arguments)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"herdflow {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def write_manifest(self, path: Path, **settings: str) -> None:
        self.settings |= settings
        self.run("pipeline", "manifest", "--output", path)

    def generate(self, *options: object) -> Path:
        """A herd's files."""
        files = self.folder / "files"
        self.run("generate", *options, "-o", files)
        return files

    def fill(self, files: Path) -> None:
        """Files to bronze: what the pipelines have to do is all still there."""
        self.run("seed", files)
        self.run("load")

    def start(self) -> None:
        """`serve`, when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [executable(), "serve"], env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until("herdflow answers", self._answers)

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, f"serve ended: {(self.folder / 'serve.log').read_text()}"
        try:
            return self.ask("GET", "pipelines") is not None
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        """`kill -9`, in the middle of whatever it does."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """In an orderly way; nothing where it does not run."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def ask(self, method: str, path: str) -> Any:
        session = requests.Session()
        session.trust_env = False
        answer = session.request(method, f"{self.url}/api/v1/{path}", timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def task_run(self, run: str) -> dict[str, Any]:
        return dict(self.ask("GET", f"runs/{run}"))

    def last_run(self, task: str) -> dict[str, Any]:
        """The newest of a task; nothing where there is none."""
        tasks = [each for pipeline in self.ask("GET", "pipelines")["pipelines"] for each in pipeline["tasks"]]
        return next(each["last_run"] or {} for each in tasks if each["id"] == task)

    def notifications(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "pipelines")["notifications"])

    def report(self) -> Any:
        """Of the newest day: gold is there."""
        return json.loads(self.run("report", "--json"))
