"""What the tests share: the packages of the servers, and a folder that is empty before and after."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from left_out import leave_out
from program import REPOSITORY, local_stack
from stack import Stack


@pytest.fixture(scope="session")
def packages() -> None:
    """The system packages of the servers."""
    done = subprocess.run(
        [REPOSITORY / "scripts/bootstrap", "stack"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        leave_out(f"no real server was tried: scripts/bootstrap stack failed:\n{done.stdout}")


@pytest.fixture
def stack(packages: None, tmp_path: Path) -> Iterator[Stack]:
    """A folder with nothing in it yet. Whatever becomes of the test, no server stays."""
    stack = Stack(tmp_path / "stack")
    yield stack
    local_stack("destroy", "--yes", "--folder", stack.folder)
    assert stack.processes() == []
