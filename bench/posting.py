"""What the benches of a herdflow at work share: readings that come in at a steady rate, and questions with a memory."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from installation import Installation

RATE = 5_000
A_REQUEST = 50
HOURS = 24
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Herd:
    """Whose readings are posted: ids of cows, of a sensor of litres and of a scale."""

    cows: tuple[str, ...]
    milk_sensor: str
    scale: str

    @classmethod
    def of(cls, herd: Installation) -> Herd:
        """All cows, in the order of their ids."""
        cows = herd.query("SELECT id FROM gold_cows ORDER BY id")
        milk, scale = (
            herd.query("SELECT min(id) FROM gold_sensors WHERE unit = ?", unit)[0][0] for unit in ("L", "kg")
        )
        return cls(tuple(cow for (cow,) in cows), milk, scale)


class Poster:
    """While it is entered, a thread posts RATE readings a second, in 100 requests, one after the other.

    The readings are those of every hour of `days` days: one cow after the other, milk and weights in turns. When all
    are through they come again with other values, as corrections, so that no day gets more than its hours.
    """

    def __init__(self, producer: str, herd: Herd, first_day: dt.date, days: int, rate: int = RATE) -> None:
        self._address = producer.split("//")[1]
        self._herd = herd
        self._start = int(dt.datetime.combine(first_day, dt.time(0, 30), dt.UTC).timestamp())
        self._slots = days * HOURS
        self._pause = A_REQUEST / rate
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._failure = ""
        self.posted = 0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end.set()
        self._thread.join()
        if self._failure:
            sys.exit(self._failure)

    def rate(self) -> float:
        """What was reached, in readings a second: less than wanted where the answers took too long."""
        return self.posted / self.seconds if self.seconds else 0.0

    def _run(self) -> None:
        with contextlib.closing(http.client.HTTPConnection(self._address, timeout=60)) as gateway:
            begun = time.perf_counter()
            requests = 0
            while not self._end.wait(max(0.0, begun + requests * self._pause - time.perf_counter())):
                body = json.dumps([self._reading(requests * A_REQUEST + number) for number in range(A_REQUEST)])
                try:
                    gateway.request("POST", "/api/v1/events/measurements", body, JSON)
                    answer = gateway.getresponse()
                    text = answer.read()
                    accepted = json.loads(text)["accepted"] if answer.status == 200 else 0
                except (OSError, http.client.HTTPException) as error:
                    text, accepted = str(error).encode(), 0
                if accepted != A_REQUEST:
                    self._failure = f"{A_REQUEST} readings were posted and {accepted} accepted: {text[:400]!r}"
                    return
                requests += 1
                self.posted = requests * A_REQUEST
                self.seconds = time.perf_counter() - begun

    def _reading(self, number: int) -> dict[str, object]:
        around, cow = divmod(number, len(self._herd.cows))
        again, slot = divmod(around, self._slots)
        milk = slot % 2 == 0
        value = (500 + (cow + again) % 2_000) / 100 if milk else 500 + (cow + again) % 100
        return {
            "sensor_id": self._herd.milk_sensor if milk else self._herd.scale,
            "cow_id": self._herd.cows[cow],
            "timestamp": self._start + slot * 3_600,
            "value": value,
        }


@dataclass
class Asker:
    """One connection that asks for the same again and again, and sends the newest ETag where it got one."""

    client: http.client.HTTPConnection
    path: str
    etag: str | None = None

    def ask(self) -> bytes | None:
        """The body; None: it is as before (304)."""
        known = {"If-None-Match": self.etag} if self.etag is not None else {}
        self.client.request("GET", self.path, headers=known)
        answer = self.client.getresponse()
        body = answer.read()
        if answer.status == 304:
            return None
        if answer.status != 200:
            sys.exit(f"GET {self.path} was answered {answer.status}: {body[:400]!r}")
        self.etag = answer.getheader("ETag")
        return body


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that so many of the others do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
