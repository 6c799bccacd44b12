"""What the tests share: servers of their own, a herd a test, and the options of the kills."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from herd import Herd
from left_out import leave_out
from stack import Stack

MakeHerd = Callable[..., Herd]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=15, help="how many processes are killed")
    parser.addoption("--seed", type=int, default=1, help="another number gives other instants")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One broker and a MariaDB. They are killed, so no other test uses them."""
    with tempfile.TemporaryDirectory(prefix="fault.") as folder:
        stack = Stack(Path(folder) / "s")
        done = stack.attempt("up", "kafka", "mariadb")
        if done.returncode != 0:
            leave_out(f"no fault was tried: deploy/local/up failed:\n{done.stdout}")
        yield stack
        stack.run("destroy", "--yes")


@pytest.fixture
def servers(stack: Stack) -> Stack:
    """They run, whatever the test before did."""
    stack.run("up", "kafka", "mariadb")
    return stack


@pytest.fixture
def make_herd(servers: Stack, tmp_path: Path) -> Iterator[MakeHerd]:
    """Herds with topics and databases of their own. No process of theirs keeps anything on its disk."""
    herds: list[Herd] = []

    def make(stack: Stack = servers, kafka: str = "kafka", database: Stack | None = None, **settings: str) -> Herd:
        herd = Herd(stack, tmp_path / f"herd-{len(herds)}", kafka, settings, database=database)
        herds.append(herd)
        return herd

    yield make
    for herd in herds:
        herd.end()
        assert not herd.data_folder.exists(), f"{herd.data_folder} holds {list(herd.data_folder.iterdir())}"


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.config.getoption("--seed"))
