"""What a suite leaves out is seen. In CI nothing may be left out."""

from __future__ import annotations

import os
import warnings
from typing import NoReturn

import pytest


def tell_left_out(reason: str) -> None:
    """Of a test that goes on with less."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    warnings.warn(reason, stacklevel=3)


def leave_out(reason: str) -> NoReturn:
    """The test, or all that need the fixture."""
    tell_left_out(reason)
    pytest.skip(reason)
