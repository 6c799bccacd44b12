"""What the tests share: one Airflow for all of them, and the herdflow that it calls."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from airflow_server import Airflow, wait_until
from herd import PIPELINES, Herd
from left_out import leave_out, tell_left_out
from program import REPOSITORY, free_port

# The server that takes herdflow's place where a task must fail on demand is that of the package's tests.
sys.path.insert(0, str(REPOSITORY / "deploy/airflow/tests"))
from stand_in import StandIn


@dataclass
class Farm:
    """Airflow, and what answers at the one address that it calls."""

    airflow: Airflow
    folder: Path
    port: int
    herds: list[Herd] = field(default_factory=list)

    def herd(self, **settings: str) -> Herd:
        """A new herdflow at that address, which does not run yet; Airflow has its pipelines."""
        self.end()
        herd = Herd(self.folder / f"herd-{len(self.herds)}", settings, backend=self.port)
        herd.folder.mkdir(parents=True)
        self.herds.append(herd)
        herd.write_manifest(self.airflow.manifest)
        return herd

    def end(self) -> None:
        """Nothing answers there any more, and no DAG run is left."""
        self.airflow.end_runs()
        for herd in self.herds:
            herd.stop()


@pytest.fixture(scope="session")
def _farm() -> Iterator[Farm]:
    with tempfile.TemporaryDirectory(prefix="airflow.") as folder:
        manifest, port = Path(folder) / "pipelines.json", free_port()
        Herd(Path(folder), backend=port).write_manifest(manifest)
        airflow = Airflow(Path(folder) / "stack", manifest, f"http://127.0.0.1:{port}")
        done = airflow.attempt("up", "airflow")
        try:
            if done.returncode != 0:
                leave_out(f"no Airflow was tried: deploy/local/up airflow failed:\n{done.stdout}")
            airflow.log_in()
            with StandIn(port=port):
                wait_until("each pipeline's newest slot is made up for", lambda: airflow.scheduled() == ["success"] * len(PIPELINES))
            yield Farm(airflow, Path(folder), port)
        finally:
            airflow.attempt("destroy", "--yes")


@pytest.fixture
def farm(_farm: Farm) -> Iterator[Farm]:
    """Its processes run, whatever the test before did."""
    done = _farm.airflow.attempt("up", "airflow")
    assert done.returncode == 0, done.stdout
    yield _farm
    _farm.end()


@pytest.fixture
def stand_in(farm: Farm) -> Iterator[StandIn]:
    """In herdflow's place: its tasks fail and last as the test says."""
    farm.end()
    with StandIn(port=farm.port) as stand_in:
        yield stand_in
        farm.airflow.end_runs()


@pytest.fixture(scope="session")
def real_files() -> Path | None:
    """The folder of the real Parquet files. In CI they must be there; elsewhere a generated herd may take their place."""
    folder = os.environ.get("TEST_REAL_DATA", "")
    if folder:
        return Path(folder)
    tell_left_out("TEST_REAL_DATA is not set: no DAG was run on the real data")
    return None
