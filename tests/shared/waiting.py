"""The one way in which tests wait: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_until(
    condition: Callable[[], Found], seconds: float = 60, what: str = "", pause: float = 0.05
) -> Found:
    """Ask again and again until the condition holds, and give what it gave; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"after {seconds} s still waiting until {what or condition}"
        time.sleep(pause)
    return found
