"""Callbacks of the tasks: they tell herdflow, and a webhook where there is one, of failures and their end.

A callback never fails its task: what cannot be told is in the task's log.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Coroutine
from typing import Any

import aiohttp
from airflow.sdk import BaseHook, Context

from herdflow_airflow.client import Client, Server, wait_for

WEBHOOK_VARIABLE = "HERDFLOW_WEBHOOK"
_SECONDS = 10
_LONGEST_MESSAGE = 2000
_log = logging.getLogger(__name__)


def tell_failure(context: Context) -> None:
    """The task failed, and is not tried again."""
    _tell(context, "failed", with_webhook=True)


def tell_retry(context: Context) -> None:
    """The task failed, and will be tried again."""
    _tell(context, "retrying", with_webhook=False)


def tell_recovery(context: Context) -> None:
    """The task succeeded, after it had failed."""
    if context["ti"].try_number > 1:
        _tell(context, "recovered", with_webhook=True)


def _tell(context: Context, event: str, *, with_webhook: bool) -> None:
    ti, operator = context["ti"], context["task"]
    notification = {
        "pipeline": str(getattr(operator, "pipeline", ti.dag_id)),
        "task": str(getattr(operator, "herdflow_task", ti.task_id)),
        "event": event,
        "message": _message(context, event),
        "url": getattr(ti, "log_url", None),
    }
    connection = getattr(operator, "herdflow_conn_id", None)
    if connection:
        _try("herdflow", lambda: _to_herdflow(connection, notification))
    webhook = os.environ.get(WEBHOOK_VARIABLE)
    if webhook and with_webhook:
        _try("the webhook", lambda: _to_webhook(webhook, notification))


def _message(context: Context, event: str) -> str:
    if event == "recovered":
        return f"succeeded in try {context['ti'].try_number}"
    return (str(context.get("exception") or "") or "the task ended without a reason")[:_LONGEST_MESSAGE]


def _try(whom: str, tell: Any) -> None:
    try:
        work: Coroutine[Any, Any, None] = tell()
        wait_for(work)
    except Exception as error:
        # Not the address: that of a webhook is a secret.
        _log.warning("%s could not be told: %s: %s", whom, type(error).__name__, error if whom == "herdflow" else "")


def _to_herdflow(connection: str, notification: dict[str, Any]) -> Coroutine[Any, Any, None]:
    server = Server.of(BaseHook.get_connection(connection))

    async def tell() -> None:
        async with Client(server) as client:
            await client.notify(notification)

    return tell()


async def _to_webhook(url: str, notification: dict[str, Any]) -> None:
    text = "herdflow: {pipeline}, {task} {event}: {message}".format(**notification)
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    # A company's hooks are often reached by its proxy only.
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
        session.post(url, json={"text": text, **notification}) as answer,
    ):
        answer.raise_for_status()
