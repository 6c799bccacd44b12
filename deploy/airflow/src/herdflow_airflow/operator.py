"""The operator: one task of herdflow as one task of Airflow."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

from airflow.sdk import BaseHook, BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

from herdflow_airflow.client import Away, Client, Refused, Run, Server, wait_for
from herdflow_airflow.follower import Follower
from herdflow_airflow.trigger import RunTrigger

DEFAULT_CONNECTION = "herdflow_default"
DEFAULT_TIME_OUT = timedelta(hours=1)
# Most runs are over in a moment, and need no triggerer.
MOMENT_SECONDS = 2.0
_LOOK_SECONDS = 0.2
# Airflow's scheduler may take a task that comes back from the triggerer sooner than this for one that died, and try it again.
EARLIEST_RETURN_SECONDS = 8.0
# The trigger ends by itself at the time-out; only one that hangs is ended by Airflow.
_SPARE = timedelta(minutes=2)
_LONGEST_KEY = 255
_Value = TypeVar("_Value")


class HerdflowTaskOperator(BaseOperator):
    """Starts a task of herdflow, waits for its end in the triggerer, and ends as it did.

    Idempotent: every try of one DAG run asks with one key, so what runs or was done is not started again.
    The result (XCom) is the run as herdflow tells it, with `rows_read` and `rows_written`.
    """

    ui_color = "#e8f0d8"

    def __init__(
        self,
        *,
        pipeline: str,
        herdflow_task: str,
        herdflow_conn_id: str = DEFAULT_CONNECTION,
        pause_seconds: float = 1.0,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("execution_timeout", DEFAULT_TIME_OUT)
        super().__init__(**kwargs)
        self.pipeline = pipeline
        self.herdflow_task = herdflow_task
        self.herdflow_conn_id = herdflow_conn_id
        self.pause_seconds = pause_seconds
        self._server: Server | None = None
        self._run_id: str | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Asks for the run, and leaves the waiting to the triggerer where it takes longer than a moment."""
        self._server = self._find_server()
        key = idempotency_key(str(context["run_id"]), self.herdflow_task)
        run: Run | None = None
        follower = Follower(self.log)
        try:
            run = self._ask(lambda client: client.start(self.pipeline, self.herdflow_task, key))
        except Away as error:
            self.log.warning("herdflow is away, waiting for it: %s", error)
        except Refused as error:
            self._fail(str(error), is_final=error.is_final)
        is_ours = run is None or run.is_new
        if run is not None:
            self._run_id = run.id
            self.log.info("herdflow: run %s of %s is %s", run.id, self.herdflow_task, run.state)
            if run.state == "succeeded" and not run.is_new:
                self.log.info("It was done before, and is not done again for the same DAG run")
                return run.json
            run = self._wait_a_moment(run, follower)
            if run.state == "succeeded":
                return self.finish(context, {"outcome": run.state, "run": run.without_log()})
        time_out = self.execution_timeout or DEFAULT_TIME_OUT
        self.defer(
            trigger=RunTrigger(
                pipeline=self.pipeline,
                task=self.herdflow_task,
                key=key,
                connection=self.herdflow_conn_id,
                deadline=time.time() + time_out.total_seconds(),
                run_id=self._run_id,
                taken_over_at=None if is_ours else time.time(),
                after=follower.after,
                not_before=time.time() + EARLIEST_RETURN_SECONDS,
                pause_seconds=self.pause_seconds,
            ),
            method_name="finish",
            timeout=time_out + _SPARE,
        )

    def _wait_a_moment(self, run: Run, follower: Follower) -> Run:
        """As it is when it is over, or when the moment is."""

        async def wait(client: Client) -> Run:
            until = time.monotonic() + MOMENT_SECONDS
            while True:
                found = await follower.look(client, run.id)
                if found.is_over or time.monotonic() > until:
                    return found
                await asyncio.sleep(_LOOK_SECONDS)

        try:
            return self._ask(wait)
        except (Away, Refused):
            return run  # The triggerer finds out what is wrong.

    def finish(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Ends as the run did."""
        outcome, run = event["outcome"], event.get("run", {})
        match outcome:
            case "succeeded":
                self.log.info("herdflow read %s rows and wrote %s", run.get("rows_read"), run.get("rows_written"))
                return dict(run)
            case "refused":
                self._fail(event["message"], is_final=event["is_final"])
            case "timed out":
                self._fail(f"was not over within {self.execution_timeout}, and was cancelled", is_final=False)
            case "cancelled":
                self._fail(f"run {run.get('id')} was cancelled in herdflow", is_final=True)
            case _:
                reason = run.get("error") or "no reason was given"
                self._fail(f"{reason} (run {run.get('id')}, attempt {run.get('attempt')}, {outcome})", is_final=False)

    def on_kill(self) -> None:
        """Killed in the worker, before the triggerer took over."""
        run_id = self._run_id
        if run_id is None:
            return
        try:
            run = self._ask(lambda client: client.cancel(run_id))
            self.log.info("Cancelled run %s, which was %s", run_id, run.state)
        except (Away, Refused) as error:
            self.log.warning("Run %s could not be cancelled and may go on: %s", run_id, error)

    def _find_server(self) -> Server:
        try:
            return Server.of(BaseHook.get_connection(self.herdflow_conn_id))
        except AirflowNotFoundException:
            raise AirflowFailException(
                f"There is no connection {self.herdflow_conn_id}: add one of type http that names herdflow's back end"
            ) from None

    def _ask(self, question: Callable[[Client], Coroutine[Any, Any, _Value]]) -> _Value:
        assert self._server is not None

        async def ask(server: Server) -> _Value:
            async with Client(server) as client:
                return await question(client)

        return wait_for(ask(self._server))

    def _fail(self, reason: str, *, is_final: bool) -> NoReturn:
        kind = AirflowFailException if is_final else AirflowException
        raise kind(f"herdflow, {self.herdflow_task}: {reason}")


def idempotency_key(run_id: str, task: str) -> str:
    """One for all tries of a task in a DAG run, of the characters and the length that a header may have."""
    key = f"{run_id}/{task}"
    if len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable() and " " not in key:
        return key
    return f"{hashlib.sha256(run_id.encode()).hexdigest()}/{task}"
