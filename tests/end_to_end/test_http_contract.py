"""Every answer of both ports against the OpenAPI document that the port serves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import files
import pytest
from installation import Installation
from program import REPOSITORY

CONTRACT = REPOSITORY / "src/api/tests/http_contract"


def test_answers_fit_the_documents(herd: Installation) -> None:
    with herd.serve() as server:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
            cwd=CONTRACT,
            env={**os.environ, "PRODUCER_URL": server.producer, "BACKEND_URL": server.backend},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("port", ["producer", "backend"])
def test_what_a_document_allows_is_taken_and_what_it_forbids_is_refused(
    herd: Installation, tmp_path: Path, port: str
) -> None:
    """All checks of Schemathesis, on a store with data. By hand: more examples, other seeds."""
    rows = [("milk", "berta", files.seconds("2024-03-01T06:00:00+00:00"), 12.0)]
    herd.seed_and_process(
        files.write_cows(tmp_path, [("berta", "Berta #1", None)]),
        files.write_sensors(tmp_path, [("milk", "L")]),
        files.write_measurements(tmp_path, rows),
    )
    with herd.serve() as server:
        run = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "run", "--checks=all"]
            + ["--max-examples=10", "--seed=1", "--continue-on-failure", "--no-color"]
            + [f"{getattr(server, port)}/openapi.json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(CONTRACT), "SCHEMATHESIS_HOOKS": "past_days"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr
