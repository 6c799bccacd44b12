"""A small HTTP server in the place of herdflow, with as much of its interface as Airflow uses.

A task does what `plans` say: {"state", "seconds", "error", "rows_read", "rows_written", "lines"}, one plan an attempt, the last one
again and again; without a plan it succeeds at once. By itself: python stand_in.py PORT [PLANS.json].
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

OVER = {"succeeded", "failed", "cancelled", "interrupted"}
TASKS = {
    "farm_data_pipeline": ["cleanse_farms"],
    "cow_data_pipeline": ["cleanse_cows"],
    "sensor_data_pipeline": ["cleanse_sensors"],
    "measurement_data_pipeline": [
        "cleanse_measurements",
        "daily_aggregation",
        "weekly_aggregation",
        "monthly_aggregation",
        "yearly_aggregation",
        "cow_daily_metrics",
        "herd_daily_metrics",
        "cow_milk_means",
    ],
}


@dataclass
class StandIn:
    """A herdflow that does nothing but say that it did."""

    plans: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    token: str = ""
    port: int = 0
    away: bool = False  # Every request is answered with 503.
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    hooked: list[dict[str, Any]] = field(default_factory=list)  # What came to /hook.
    cancelled: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), type("Handler", (_Handler,), {"herdflow": self}))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """It does not answer any more, until it is opened again with what it knew."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- Answers: status and body ---

    def answer(self, method: str, path: str, query: dict[str, list[str]], key: str, body: Any) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.requests.append(f"{method} {path}")
            match method, path.strip("/").split("/"):
                case "POST", ["hook"]:
                    self.hooked.append(body)
                    return 200, {}
                case _ if self.away:
                    return 503, _problem("Starting", 503)
                case "POST", ["api", "v1", "pipelines", pipeline, "tasks", task, "runs"]:
                    return self._start(pipeline, task, key)
                case "GET", ["api", "v1", "runs", run]:
                    return self._read(run, int(query.get("after", ["0"])[0]), int(query.get("limit", ["100"])[0]))
                case "POST", ["api", "v1", "runs", run, "cancel"]:
                    return self._cancel(run)
                case "POST", ["api", "v1", "notifications"]:
                    self.notifications.append(body)
                    return 201, body
                case _:
                    return 404, _problem("There is no such path", 404)

    def _start(self, pipeline: str, task: str, key: str) -> tuple[int, dict[str, Any]]:
        if task not in TASKS.get(pipeline, []):
            return 404, _problem(f"There is no task {task} in {pipeline}", 404)
        if not re.fullmatch(r"[ -~]{1,255}", key):
            return 400, _problem("The request is wrong", 400, ("header.Idempotency-Key", "is required"))
        if key in self.keys:
            run = self.runs[self.keys[key]]
            if (run["pipeline"], run["task"]) != (pipeline, task):
                return 409, _problem("The key was used for another task", 409)
            if self._now(run)["state"] in OVER - {"succeeded"}:
                return 200, self._begin(run)
            return 200, self._now(run)
        run = {"id": f"run-{len(self.runs) + 1}", "pipeline": pipeline, "task": task, "trigger": "api", "attempt": 0, "log": []}
        self.runs[run["id"]] = run
        self.keys[key] = run["id"]
        return 202, self._begin(run)

    def _begin(self, run: dict[str, Any]) -> dict[str, Any]:
        plans = self.plans.get(run["task"], [{}])
        run["attempt"] += 1
        plan = plans[min(run["attempt"], len(plans)) - 1]
        run |= {"plan": plan, "began": time.time(), "end": plan.get("state", "succeeded"), "told": 0}
        return self._now(run) | {"state": "queued", "finished_at": None, "error": None}

    def _now(self, run: dict[str, Any]) -> dict[str, Any]:
        plan, passed = run["plan"], time.time() - run["began"]
        is_over = run["end"] == "cancelled" or passed >= plan.get("seconds", 0)
        lines = plan.get("lines", [f"{run['task']}: attempt {run['attempt']}"])
        for text in lines[run["told"] :]:
            level, _, rest = text.partition("|") if "|" in text else ("info", "", text)
            run["log"].append({"number": len(run["log"]) + 1, "at": "2026-01-01T00:00:00Z", "level": level, "text": rest})
        run["told"] = len(lines)
        state = run["end"] if is_over else "running"
        return {
            "id": run["id"], "pipeline": run["pipeline"], "task": run["task"], "state": state, "trigger": "api",
            "attempt": run["attempt"], "requested_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:00Z",
            "finished_at": "2026-01-01T00:00:01Z" if is_over else None, "rows_read": plan.get("rows_read", 3),
            "rows_written": plan.get("rows_written", 2), "error": plan.get("error") if state == "failed" else None, "owner": "stand-in:1",
        }  # fmt: skip

    def _read(self, id: str, after: int, limit: int) -> tuple[int, dict[str, Any]]:
        if id not in self.runs:
            return 404, _problem(f"There is no run {id}", 404)
        now = self._now(self.runs[id])
        lines = [line for line in self.runs[id]["log"] if line["number"] > after][:limit]
        return 200, now | {"log": lines, "next_after": lines[-1]["number"] if lines else after}

    def _cancel(self, id: str) -> tuple[int, dict[str, Any]]:
        if id not in self.runs:
            return 404, _problem(f"There is no run {id}", 404)
        run = self.runs[id]
        if self._now(run)["state"] in OVER:
            return 200, self._now(run)
        self.cancelled.append(id)
        run["end"] = "cancelled"
        return 202, self._now(run)


def _problem(title: str, status: int, *errors: tuple[str, str]) -> dict[str, Any]:
    return {
        "type": "/problems/test",
        "title": title,
        "status": status,
        "errors": [{"location": location, "code": "test", "message": message} for location, message in errors],
    }


class _Handler(BaseHTTPRequestHandler):
    herdflow: StandIn
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.herdflow.token and self.headers.get("Authorization") != f"Bearer {self.herdflow.token}":
            status, body = 401, _problem("Who asks?", 401)
        else:
            status, body = self.herdflow.answer(
                self.command, url.path, parse_qs(url.query), self.headers.get("Idempotency-Key", ""), json.loads(raw or "null")
            )
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 300 else "application/problem+json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


if __name__ == "__main__":
    herdflow = StandIn(port=int(sys.argv[1]), plans=json.loads(Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else {})
    herdflow.open()
    print(herdflow.url, flush=True)
    threading.Event().wait()
