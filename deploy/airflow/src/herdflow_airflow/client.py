"""herdflow's HTTP interface, as far as Airflow needs it."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
from airflow.sdk import Connection

LOG_LINES = 500
_TRY_LATER = frozenset({408, 425, 429, 502, 503, 504})
_OVER = frozenset({"succeeded", "failed", "cancelled", "interrupted"})
_Value = TypeVar("_Value")


class Away(Exception):
    """herdflow cannot be reached, or asks to come back later. What was asked may have been done."""


class Refused(Exception):
    """herdflow answered, and did not do what was asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_final(self) -> bool:
        """Whether asking again would give the same answer."""
        return self.status < 500


@dataclass(frozen=True)
class Server:
    """Where herdflow's back end answers, and how it is asked."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    verify: bool | str = True  # False: any certificate; a text: the file of the authority that signed it
    seconds: float = 10

    @classmethod
    def of(cls, connection: Connection) -> Server:
        """An Airflow connection of type http: the password is the bearer token; `verify` and `timeout` are of its extra."""
        host = connection.host or "127.0.0.1"
        url = host if "://" in host else f"{connection.schema or 'http'}://{host}"
        if connection.port:
            url = f"{url.rstrip('/')}:{connection.port}"
        extra = connection.extra_dejson
        return cls(
            url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {connection.password}"} if connection.password else {},
            verify=extra.get("verify", True),
            seconds=float(extra.get("timeout", 10)),
        )


@dataclass(frozen=True)
class Run:
    """A run of a task as herdflow tells it."""

    json: dict[str, Any]
    is_new: bool = False  # This request made it.

    @property
    def id(self) -> str:
        return str(self.json["id"])

    @property
    def state(self) -> str:
        return str(self.json["state"])

    @property
    def is_over(self) -> bool:
        return self.state in _OVER

    def without_log(self) -> dict[str, Any]:
        return {name: value for name, value in self.json.items() if name not in ("log", "next_after")}


class Client:
    """Asks one herdflow. Used as an async context manager, in one event loop."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._server.headers, timeout=aiohttp.ClientTimeout(total=self._server.seconds)
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._session.close()

    async def start(self, pipeline: str, task: str, key: str) -> Run:
        """Asks for a run. The same key is the same run; one that did not succeed is begun again."""
        status, answer = await self._ask(
            "POST", f"pipelines/{quote(pipeline)}/tasks/{quote(task)}/runs", headers={"Idempotency-Key": key}
        )
        return Run(answer, is_new=status == 202)

    async def read(self, run_id: str, after: int) -> Run:
        """The run as it is, with the lines of its log after a number."""
        _, answer = await self._ask("GET", f"runs/{quote(run_id)}?after={after}&limit={LOG_LINES}")
        return Run(answer)

    async def cancel(self, run_id: str) -> Run:
        """Asks for its end. One that is over stays as it is."""
        _, answer = await self._ask("POST", f"runs/{quote(run_id)}/cancel")
        return Run(answer)

    async def notify(self, notification: dict[str, str | None]) -> None:
        """Leaves a message for those who look at herdflow."""
        await self._ask("POST", "notifications", json=notification)

    async def _ask(self, method: str, path: str, **options: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self._server.url}/api/v1/{path}"
        try:
            async with self._session.request(method, url, ssl=_ssl(self._server.verify), **options) as answer:
                return answer.status, _judge(url, answer.status, await answer.read())
        except TimeoutError:
            raise Away(f"{url} did not answer within {self._server.seconds:g} s") from None
        except aiohttp.InvalidURL as error:
            raise Refused(400, f"the connection's address is none: {error}") from None
        except aiohttp.ClientError as error:
            raise Away(f"{url} cannot be reached: {error}") from None


def _ssl(verify: bool | str) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify


def _judge(url: str, status: int, body: bytes) -> dict[str, Any]:
    if status in _TRY_LATER:
        raise Away(f"{url} answered {status}: {_reason(body)}")
    if status >= 300:
        raise Refused(status, f"{_reason(body)} ({url} answered {status})")
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Refused(400, f"{url} answered something that herdflow does not: is that its back end?")
    return answer


def _reason(body: bytes) -> str:
    """Of a problem (RFC 9457): what it says, and of each field."""
    try:
        problem = json.loads(body)
        errors = [f"{error.get('location')}: {error.get('message')}" for error in problem.get("errors", [])]
        return "; ".join([str(problem.get("detail") or problem["title"]), *errors])
    except (ValueError, KeyError, AttributeError, TypeError):
        return body[:200].decode(errors="replace").strip() or "no reason was given"


def wait_for(work: Coroutine[Any, Any, _Value]) -> _Value:
    """The work's result, from code that is not async; also where a signal interrupted an event loop of this thread."""
    result: list[_Value] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            result.append(asyncio.run(work))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="herdflow")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return result[0]
