"""What the tests share: an Airflow of their own in a folder that goes away, and a server in the place of herdflow."""

from __future__ import annotations

import atexit
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Airflow reads these when it is imported, which the tests do.
_home = tempfile.mkdtemp(prefix="herdflow-airflow.")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith(("AIRFLOW", "HERDFLOW"))]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": _home,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).resolve().parents[1] / "dags"),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_home}/airflow.db",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}

import pytest  # noqa: E402

from samples import sample  # noqa: E402
from stand_in import StandIn  # noqa: E402


@pytest.fixture
def herdflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """It is what the connection herdflow_default names."""
    with StandIn() as herdflow:
        monkeypatch.setenv("AIRFLOW_CONN_HERDFLOW_DEFAULT", f"http://127.0.0.1:{herdflow.port}")
        yield herdflow


@pytest.fixture
def manifest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file that HERDFLOW_MANIFEST names."""
    path = tmp_path / "pipelines.json"
    path.write_text(json.dumps(sample()))
    monkeypatch.setenv("HERDFLOW_MANIFEST", str(path))
    return path


@pytest.fixture(scope="session")
def database() -> None:
    """Airflow's own, of the tests' home."""
    from airflow.utils.db import initdb

    initdb()


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelname, record.getMessage()))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What operator and trigger tell in the task's log: level and text."""
    from herdflow_airflow.operator import HerdflowTaskOperator
    from herdflow_airflow.trigger import RunTrigger

    logger, keeper = logging.Logger("trigger"), _Keeper()
    logger.addHandler(keeper)
    for each in (HerdflowTaskOperator, RunTrigger):
        monkeypatch.setattr(each, "log", logger)
    return keeper.lines
