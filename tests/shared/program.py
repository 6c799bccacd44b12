"""What every suite needs: the program under test, ports, and the commands that start its servers."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCAL_STACK_SECONDS = 600  # The first `up` fetches the servers.


def executable() -> Path:
    """HERDFLOW, or the release build."""
    path = Path(os.environ.get("HERDFLOW", REPOSITORY / "build/release/herdflow")).resolve()
    assert path.exists(), f"{path} is not built; the variable HERDFLOW names another one"
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    """Whether the process still does anything: a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def local_stack(
    command: str, *arguments: str | Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One of the commands of deploy/local, with what it said; without a terminal, as in CI."""
    return subprocess.run(
        [REPOSITORY / "deploy/local" / command, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LOCAL_STACK_SECONDS,
        check=False,
    )
