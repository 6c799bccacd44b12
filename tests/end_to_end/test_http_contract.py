"""Every answer of both ports against the OpenAPI document that the port serves."""

from __future__ import annotations

import os
import subprocess
import sys

from installation import Installation
from program import REPOSITORY


def test_answers_fit_the_documents(herd: Installation) -> None:
    with herd.serve() as server:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
            cwd=REPOSITORY / "src/api/tests/http_contract",
            env={**os.environ, "PRODUCER_URL": server.producer, "BACKEND_URL": server.backend},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr
