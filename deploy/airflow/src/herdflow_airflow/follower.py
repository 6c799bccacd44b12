"""Reads a run while it goes on, and copies its log into the task's log."""

from __future__ import annotations

import logging
from typing import Any

from herdflow_airflow.client import Client, Run

_LEVELS = logging.getLevelNamesMapping() | {"TRACE": logging.DEBUG, "WARN": logging.WARNING}


class Follower:
    """Of one task. `after` is the number of the log line that was copied last."""

    def __init__(self, log: Any, after: int = 0) -> None:
        self.after = after
        self._log = log

    async def look(self, client: Client, run_id: str) -> Run:
        """The run as it is; what there is of its log by now is copied."""
        run = await client.read(run_id, self.after)
        while self._copy_log(run):
            run = await client.read(run_id, self.after)
        return run

    def _copy_log(self, run: Run) -> bool:
        """Whether there were lines, and so may be more."""
        lines = run.json.get("log", [])
        for line in lines:
            self._log.log(_LEVELS.get(str(line.get("level", "")).upper(), logging.INFO), "herdflow: %s", line["text"])
        after = int(run.json.get("next_after", self.after))
        has_moved = after > self.after
        self.after = max(after, self.after)
        return has_moved and bool(lines)
