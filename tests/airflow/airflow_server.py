"""A real Airflow of deploy/local, in a folder of the tests' own, asked over its REST API."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import waiting
from program import local_stack

OVER = {"success", "failed"}


def wait_until(what: str, condition: Callable[[], Any], seconds: float = 90, pause: float = 0.5) -> Any:
    """Ask again and again until the condition holds, and give what it gave."""
    return waiting.wait_until(condition, seconds, what, pause)


@dataclass
class Airflow:
    """The four processes, and what they tell."""

    folder: Path
    manifest: Path
    herdflow: str
    http: requests.Session = field(default_factory=requests.Session)

    # --- The processes ---

    def attempt(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of the commands of deploy/local."""
        settings = {"HERDFLOW_MANIFEST": str(self.manifest), "HERDFLOW_URL": self.herdflow}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HERDFLOW", "AIRFLOW"))}
        return local_stack(command, "--folder", self.folder, *arguments, environment=inherited | settings)

    def read(self, name: str) -> str:
        return (self.folder / "airflow" / name).read_text().removesuffix("\n")

    def log_in(self) -> None:
        self.http.trust_env = False
        answer = self.http.post(
            f"http://{self.read('address')}/auth/token", json={"username": "admin", "password": self.read("password")}, timeout=30
        )
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def pid(self, process: str) -> int:
        number = ["api-server", "scheduler", "dag-processor", "triggerer"].index(process) + 1
        return int(self.read(f"pid.{number}"))

    # --- The REST API ---

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self.http.request(method, f"http://{self.read('address')}/api/v2/{path}", json=body, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def dags(self) -> set[str]:
        return {dag["dag_id"] for dag in self.ask("GET", "dags?limit=100&exclude_stale=true")["dags"]}

    def scheduled(self) -> list[str]:
        """The states of the runs that the scheduler began by itself."""
        return [run["state"] for run in self.ask("GET", "dags/~/dagRuns?run_type=scheduled&limit=100")["dag_runs"]]

    def tasks(self, dag: str) -> dict[str, set[str]]:
        """By their ids, with those that come after."""
        return {task["task_id"]: set(task["downstream_task_ids"]) for task in self.ask("GET", f"dags/{dag}/tasks")["tasks"]}

    def start(self, dag: str) -> str:
        return str(self.ask("POST", f"dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"])

    def run(self, dag: str, run: str) -> str:
        """The state."""
        return str(self.ask("GET", f"dags/{dag}/dagRuns/{run}")["state"])

    def wait_for_run(self, dag: str, run: str, seconds: float = 120) -> str:
        wait_until(f"{dag} {run} is over", lambda: self.run(dag, run) in OVER, seconds)
        return self.run(dag, run)

    def instances(self, dag: str, run: str) -> dict[str, dict[str, Any]]:
        found = self.ask("GET", f"dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return {each["task_id"]: each for each in found}

    def wait_for_state(self, dag: str, run: str, task: str, state: str, seconds: float = 90) -> None:
        wait_until(f"{task} is {state}", lambda: self.instances(dag, run)[task]["state"] == state, seconds)

    def set_state(self, dag: str, run: str, task: str, state: str) -> None:
        self.ask("PATCH", f"dags/{dag}/dagRuns/{run}/taskInstances/{task}", {"new_state": state})

    def clear(self, dag: str, run: str, task: str) -> None:
        body = {"dag_run_id": run, "task_ids": [task], "dry_run": False, "only_failed": False, "reset_dag_runs": True}
        self.ask("POST", f"dags/{dag}/clearTaskInstances", body)

    def log(self, dag: str, run: str, task: str, attempt: int = 1) -> str:
        """The whole log of a try, a line an event: exceptions are beside its text."""
        answer = self.ask("GET", f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}?full_content=true")
        return "\n".join(json.dumps(line, ensure_ascii=False) for line in answer["content"])

    def result(self, dag: str, run: str, task: str) -> dict[str, Any]:
        """What the task left in XCom."""
        value = self.ask("GET", f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value?deserialize=true")[
            "value"
        ]
        return dict(json.loads(value) if isinstance(value, str) else value)

    def import_errors(self) -> list[str]:
        return [each["stack_trace"] for each in self.ask("GET", "importErrors")["import_errors"]]

    def end_runs(self) -> None:
        """Nothing of a test goes on in the next one. The scheduler may be about to write another state: so more than once."""

        def none_is_left() -> bool:
            runs = self.ask("GET", "dags/~/dagRuns?state=running&state=queued&limit=100")["dag_runs"]
            for run in runs:
                with contextlib.suppress(AssertionError):
                    self.ask("PATCH", f"dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}", {"state": "failed"})
            return not runs

        wait_until("no DAG run is left", none_is_left)
