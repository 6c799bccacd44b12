"""What the tests share: an empty herd, the real data, and stores that were filled from them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import oracle
import pytest
from engines import EMBEDDED, Engines
from installation import Installation
from left_out import leave_out


@contextlib.contextmanager
def _installed(folder: Path, engines: Engines) -> Iterator[Installation]:
    if reason := engines.missing():
        leave_out(reason)
    herd = Installation(folder, engines=engines)
    try:
        yield herd
    finally:
        herd.remove()


@pytest.fixture
def herd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An empty installation, on embedded engines or on those of `engines.on`."""
    with _installed(tmp_path / "data", getattr(request, "param", EMBEDDED)) as herd:
        yield herd


@pytest.fixture(scope="session")
def real_files() -> Path:
    """The folder of the real Parquet files. In CI they must be there."""
    folder = os.environ.get("TEST_REAL_DATA", "")
    if not folder:
        leave_out("TEST_REAL_DATA is not set: nothing was compared on the real data")
    assert (Path(folder) / "measurements.parquet").exists(), f"no measurements in {folder}"
    return Path(folder)


@pytest.fixture(scope="session")
def real_herd_on(
    real_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Engines], Installation]]:
    """The real data on the engines, seeded once."""
    known: dict[Engines, Installation] = {}
    with contextlib.ExitStack() as stack:

        def fill(engines: Engines) -> Installation:
            if engines not in known:
                folder = tmp_path_factory.mktemp("real") / "data"
                herd = stack.enter_context(_installed(folder, engines))
                known[engines] = herd.seed_and_process(real_files)
            return known[engines]

        yield fill


@pytest.fixture
def real_herd(
    request: pytest.FixtureRequest, real_herd_on: Callable[[Engines], Installation]
) -> Installation:
    """The real data seeded once. Read only: a test that changes it takes a copy."""
    return real_herd_on(getattr(request, "param", EMBEDDED))


@pytest.fixture(scope="session")
def real_oracle(real_files: Path) -> duckdb.DuckDBPyConnection:
    """What the oracle makes of the real data."""
    return oracle.build(real_files)
