"""Readings posted over HTTP, each once, and what became of each."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from herd import Process

ANSWER_SECONDS = 40  # Longer than a producer may ever take.
SENSORS = 12
_START = int(dt.datetime(2025, 3, 1, tzinfo=dt.UTC).timestamp())

Key = tuple[str, str, str]  # Sensor, cow and time: no other reading has it.
Place = tuple[int, int]  # Partition and offset.


def loopback_session() -> requests.Session:
    """A session that ignores the proxies of the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


@dataclass
class Answer:
    """What a producer said to one reading."""

    key: Key
    status: int  # 0: the connection ended without an answer.
    seconds: float
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def place(self) -> Place:
        return self.body["partition"], self.body["offset"]


@dataclass
class Feeder:
    """Posts for as long as it is entered, by turns to each producer."""

    producers: list[Process]
    first: int = 0
    threads: int = 2
    answers: list[Answer] = field(default_factory=list)

    def __enter__(self) -> Feeder:
        self._ends = False
        self._numbers = itertools.count(self.first)
        self._running = [threading.Thread(target=self._post_on) for _ in range(self.threads)]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends = True
        for thread in self._running:
            thread.join()

    def stop(self) -> None:
        """No more from now on."""
        self.__exit__()

    def _post_on(self) -> None:
        with loopback_session() as http:
            while not self._ends:
                number = next(self._numbers)
                answer = self.post(http, number)
                self.answers.append(answer)
                time.sleep(0.004 if answer.status == 200 else 0.1)

    def post(self, http: requests.Session, number: int) -> Answer:
        sensor, cow = f"feed-{number % SENSORS}", f"fed-{number // SENSORS % SENSORS}"
        body = {"sensor_id": sensor, "cow_id": cow, "timestamp": _START + 60 * number, "value": 1 + number % 50}
        return post(http, self.producers[number % len(self.producers)], "/measurement", body)

    def acknowledged(self) -> dict[Key, Place]:
        return {answer.key: answer.place for answer in list(self.answers) if answer.status == 200}

    def statuses(self) -> Counter[int]:
        return Counter(answer.status for answer in list(self.answers))

    def next_acknowledged(self, seconds: float = 60) -> Key:
        """A reading that was posted from now on, and acknowledged."""
        from stack import wait_until

        seen, found = len(self.answers) + self.threads, []

        def look() -> bool:
            found.extend(answer.key for answer in self.answers[seen:] if answer.status == 200)
            return bool(found)

        wait_until("a producer acknowledges a reading", look, seconds)
        return found[0]


def post(http: requests.Session, producer: Process, route: str, body: dict[str, Any]) -> Answer:
    key = str(body.get("sensor_id")), str(body.get("cow_id")), str(body.get("timestamp"))
    start = time.monotonic()
    try:
        told = http.post(producer.url + route, json=body, timeout=ANSWER_SECONDS)
    except requests.ConnectionError:
        return Answer(key, 0, time.monotonic() - start, {}, {})
    return Answer(key, told.status_code, time.monotonic() - start, told.json(), dict(told.headers))
