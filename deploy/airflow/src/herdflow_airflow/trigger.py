"""Waits for a run of herdflow in Airflow's triggerer, where waiting costs no worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.sdk import BaseHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

from herdflow_airflow.client import Away, Client, Refused, Run, Server
from herdflow_airflow.follower import Follower

LONGEST_PAUSE_SECONDS = 15.0
# A try that was cleared cancels its run within this time. Whoever has taken over that run by then asks for it anew.
TAKE_OVER_SECONDS = 30.0


class RunTrigger(BaseTrigger):
    """Follows a run to its end, and copies its log into the task's log.

    Where herdflow is away it waits, until `deadline` (seconds since 1970). A run that is not over by then is cancelled.
    `run_id` is None where herdflow was away when the run was to be asked for: then it is asked for here. `after` is the number
    of the log line that was copied last. The event does not come before `not_before` (seconds since 1970).
    """

    def __init__(
        self,
        *,
        pipeline: str,
        task: str,
        key: str,
        connection: str,
        deadline: float,
        run_id: str | None = None,
        taken_over_at: float | None = None,
        after: int = 0,
        not_before: float = 0.0,
        pause_seconds: float = 1.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pipeline = pipeline
        self.herdflow_task = task
        self.key = key
        self.connection = connection
        self.deadline = deadline
        self.run_id = run_id
        self.taken_over_at = taken_over_at
        self.pause_seconds = pause_seconds
        self.not_before = not_before
        self._follower = Follower(self.log, after)
        self._is_away = False

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """For the triggerer, which makes it anew from this after a restart."""
        return (
            "herdflow_airflow.trigger.RunTrigger",
            {
                "pipeline": self.pipeline,
                "task": self.herdflow_task,
                "key": self.key,
                "connection": self.connection,
                "deadline": self.deadline,
                "run_id": self.run_id,
                "taken_over_at": self.taken_over_at,
                "after": self._follower.after,
                "not_before": self.not_before,
                "pause_seconds": self.pause_seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event: {"outcome": the run's last state, "refused" or "timed out", "run": …, "message": …, "is_final": …}."""
        async with await self._client() as client:
            event = await self._follow(client)
            await asyncio.sleep(max(0.0, self.not_before - time.time()))
            yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """The task was set to another state, or cleared: nobody waits for the run any more."""
        if self.run_id is None:
            return
        async with await self._client() as client:
            await self._cancel(client)

    async def _client(self) -> Client:
        return Client(Server.of(await BaseHook.aget_connection(self.connection)))

    async def _follow(self, client: Client) -> dict[str, Any]:
        pause = self.pause_seconds
        while time.time() < self.deadline:
            try:
                run = await self._look(client)
            except Away as error:
                self._note_away(error)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            except Refused as error:
                # A run that is unknown now was pruned, or is in another store: asking for it again makes a new one.
                is_final = error.is_final and not (error.status == 404 and self.run_id)
                return {"outcome": "refused", "message": str(error), "is_final": is_final}
            else:
                self._note_back()
                pause = self.pause_seconds
                if run is not None:
                    return {"outcome": run.state, "run": run.without_log()}
            await asyncio.sleep(max(0.0, min(pause, self.deadline - time.time())))
        await self._cancel(client)
        return {"outcome": "timed out"}

    async def _look(self, client: Client) -> Run | None:
        """The run if it is over."""
        if self.run_id is None:
            asked = await client.start(self.pipeline, self.herdflow_task, self.key)
            self.run_id = asked.id
            self.log.info("herdflow took it as run %s", self.run_id)
        run = await self._follower.look(client, self.run_id)
        if run.state == "cancelled" and self._was_cancelled_by_another_try():
            self.log.info("The try before cancelled run %s; asking for it again", self.run_id)
            self.run_id = self.taken_over_at = None
            return None
        return run if run.is_over else None

    def _was_cancelled_by_another_try(self) -> bool:
        return self.taken_over_at is not None and time.time() - self.taken_over_at < TAKE_OVER_SECONDS

    async def _cancel(self, client: Client) -> None:
        if self.run_id is None:
            return
        try:
            run = await client.cancel(self.run_id)
            self.log.info("Cancelled run %s, which was %s", self.run_id, run.state)
        except (Away, Refused) as error:
            self.log.warning("Run %s could not be cancelled and may go on: %s", self.run_id, error)

    def _note_away(self, error: Away) -> None:
        if not self._is_away:
            self.log.warning("herdflow is away, waiting for it: %s", error)
        self._is_away = True

    def _note_back(self) -> None:
        if self._is_away:
            self.log.info("herdflow is back")
        self._is_away = False
