"""./run and ./test themselves, in a tree where everything is installed and built already."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from program import REPOSITORY, executable, free_port

RUN_SECONDS = 300


@dataclass
class Tree:
    """The scripts, what installs, builds and tests with nothing to do, and herdflow where the build puts it."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def herd(self) -> Path:
        return self.data / "generated-herd"

    def run(self) -> str:
        """./run to the report; what it said."""
        ports = (f"--backend-port={free_port()}", f"--producer-port={free_port()}")
        return self._do("run", "--once", "--yes", *ports)

    def clean(self) -> str:
        return self._do("run", "--clean", "--yes")

    def test(self) -> str:
        return self._do("test", "--fast", "--yes")

    def _do(self, script: str, *options: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HERDFLOW")}
        environment["PATH"] = f"{self.folder}/tools:{environment['PATH']}"
        done = subprocess.run(
            [self.folder / script, *options],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=RUN_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout


def _stand_in(file: Path, does: str = "") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/usr/bin/env bash\n{does}\n")
    file.chmod(0o755)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    folder = tmp_path / "herdflow"
    for script in ("run", "test", "scripts/lib.sh"):
        (folder / script).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / script, folder / script)
    for nothing_to_do in ("scripts/bootstrap", "tools/cmake", "tools/ctest"):
        _stand_in(folder / nothing_to_do)
    # Two cows for the forty: what is looked at are the files, and not how long many readings take.
    _stand_in(folder / "build/release/herdflow", f'exec "{executable()}" "${{@/#40/2}}"')
    return Tree(folder)


def test_a_made_up_herd_that_was_cut_short_is_made_anew(tree: Tree) -> None:
    tree.herd.mkdir(parents=True)
    (tree.herd / "cows.parquet").write_bytes(b"PAR1")
    (tree.herd / ".measurements.parquet.partial").write_bytes(b"PAR1")
    said = tree.run()
    assert "making up a herd" in said
    assert "\n2 cows, " in said
    assert "Potentially ill" in said
    assert "left out" not in said
    made = sorted(file.name for file in tree.herd.iterdir())
    assert made == ["cows.parquet", "measurements.parquet", "sensors.parquet", "truth.json"]

    again = tree.run()
    assert "making up a herd" not in again
    assert "seeded before" in again
    tree.clean()
    assert not tree.data.exists()


def test_how_long_the_first_build_of_the_tests_takes_is_said(tree: Tree) -> None:
    takes = "The first build takes about ten minutes."
    assert takes in tree.test()
    _stand_in(tree.folder / "build/release/app_test")
    assert takes not in tree.test()
