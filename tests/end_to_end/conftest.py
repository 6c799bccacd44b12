"""What the tests share: the real data, and one store that was filled from them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import duckdb
import oracle
import pytest
from installation import Installation


@pytest.fixture
def herd(tmp_path: Path) -> Installation:
    """An empty installation."""
    return Installation(tmp_path / "data")


@pytest.fixture(scope="session")
def real_files() -> Path:
    """The folder of the real Parquet files. In CI they must be there."""
    folder = os.environ.get("TEST_REAL_DATA", "")
    if not folder:
        message = "TEST_REAL_DATA is not set: nothing was compared on the real data"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    assert (Path(folder) / "measurements.parquet").exists(), f"no measurements in {folder}"
    return Path(folder)


@pytest.fixture(scope="session")
def real_herd(real_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The real data seeded once. Read only: a test that changes it takes a copy."""
    herd = Installation(tmp_path_factory.mktemp("real") / "data")
    return herd.seed_and_process(real_files)


@pytest.fixture(scope="session")
def real_oracle(real_files: Path) -> duckdb.DuckDBPyConnection:
    """What the oracle makes of the real data."""
    return oracle.build(real_files)
