"""What the tests share: the packages of the servers, and a folder that is empty before and after."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import REPOSITORY, local_stack
from stack import Stack


@pytest.fixture(scope="session")
def skip() -> Callable[[str], None]:
    """Leave a test out, so that it is seen. In CI nothing may be left out."""

    def skip_loudly(reason: str) -> None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        warnings.warn(reason, stacklevel=2)
        pytest.skip(reason)

    return skip_loudly


@pytest.fixture(scope="session")
def packages(skip: Callable[[str], None]) -> None:
    """The system packages of the servers."""
    done = subprocess.run(
        [REPOSITORY / "scripts/bootstrap", "stack"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        skip(f"no real server was tried: scripts/bootstrap stack failed:\n{done.stdout}")


@pytest.fixture
def stack(packages: None, tmp_path: Path) -> Iterator[Stack]:
    """A folder with nothing in it yet. Whatever becomes of the test, no server stays."""
    stack = Stack(tmp_path / "stack")
    yield stack
    local_stack("destroy", "--yes", "--folder", stack.folder)
    assert stack.processes() == []
