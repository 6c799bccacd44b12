"""The database's disk is full, and then has space again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from conftest import MakeHerd
from herd import GO_ON_SECONDS
from left_out import leave_out
from program import is_running
from stack import Stack, wait_until

MEGABYTE = 1 << 20
LEFT = 4 * MEGABYTE


@pytest.fixture
def small(servers: Stack) -> Iterator[Stack]:
    """A MariaDB on a small disk of its own."""
    if os.geteuid() != 0:
        leave_out("no full database was tried: making a small disk (mount -t tmpfs) needs root")
    with tempfile.TemporaryDirectory(prefix="fault.") as folder:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500m", "tmpfs", folder], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            leave_out(f"no full database was tried: no small disk could be mounted: {made.stderr}")
        stack = Stack(Path(folder) / "s")
        try:
            stack.run("up", "mariadb")
            yield stack
        finally:
            stack.run("destroy", "--yes")
            wait_until("the disk is free", lambda: subprocess.run(["umount", folder], check=False).returncode == 0)


def test_a_full_database_pauses_the_loader_until_there_is_space(make_herd: MakeHerd, small: Stack) -> None:
    herd = make_herd(database=small)
    producer = herd.start("producer")
    loader = herd.start("loader")
    herd.start("pipelines")
    with herd.feed([producer]) as feeder:
        herd.wait_for(feeder.next_acknowledged(), "silver.measurements")
        ballast = small.folder / "ballast"
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(small.folder).free - LEFT)

        for seed in range(4):
            herd.run("seed", herd.generate(seed, days=28))

        def is_up() -> bool:
            """InnoDB needs space to undo what did not fit; where there is none, MariaDB ends itself."""
            return is_running(small.pid("mariadb"))

        wait_until("the loader says that the disk is full", lambda: loader.says("disk is full") or not is_up(), 60)
        late = feeder.next_acknowledged()  # Events are taken all the same.
        time.sleep(5)
        assert shutil.disk_usage(small.folder).free < LEFT
        assert loader.runs()
        try:
            assert not herd.has("bronze.measurements", late)
            assert herd.query("SELECT count(*) FROM silver.quarantine") == [(0,)]
        except pymysql.err.OperationalError:
            wait_until("MariaDB has ended", lambda: not is_up())
            wait_until("the loader says so", lambda: loader.says("; trying again"))

        ballast.unlink()

        def is_loaded() -> bool:
            """As under a service manager: it may end itself after there is space again, for what it could not undo before."""
            if not is_up():
                small.run("up", "mariadb")
            try:
                return herd.has("bronze.measurements", late)
            except pymysql.err.OperationalError:
                return False

        wait_until("the reading is loaded", is_loaded, GO_ON_SECONDS)
        herd.assert_audit()
        herd.assert_whole(feeder)
        # The generated herds have odd readings of their own, those that were posted have none.
        assert herd.query("SELECT count(*) FROM silver.quarantine WHERE sensor_id LIKE 'feed-%'") == [(0,)]
