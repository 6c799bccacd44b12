"""What `seed` costs and refuses whatever the files hold, seen from outside the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import EMBEDDED, on
from installation import Installation, executable

MOST_KIB = 200_000
ROWS = 100_000  # More than any queue holds of such rows.


def _write(path: Path, sensor_ids: pa.Array, cow_ids: pa.Array) -> Path:
    rows = len(cow_ids)
    columns = {
        "sensor_id": sensor_ids,
        "cow_id": cow_ids,
        "timestamp": pa.array([1.6e9 + row for row in range(rows)]),
        "value": pa.array([1.0] * rows),
    }
    pq.write_table(pa.table(columns), path)
    return path


# A process begins with the peak of the one that it was forked from: here a small one.
_MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


def _seed(herd: Installation, path: Path) -> tuple[int, str, int]:
    """Exit status, what it said, and the most memory that the process ever had in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(executable()), "seed", str(path)],
        env=herd.environment(),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr, int(done.stdout)


@on("herd", EMBEDDED)
def test_an_id_of_200_kib_in_each_of_20_000_rows_is_refused_before_it_costs_memory(herd: Installation, tmp_path: Path) -> None:
    rows = 20_000
    ids = pa.DictionaryArray.from_arrays(pa.array([0] * rows, type=pa.int32()), pa.array(["s" * 200 * 1024]))
    path = _write(tmp_path / "measurements.parquet", ids, pa.array(["c"] * rows))
    status, said, most = _seed(herd, path)
    assert (status, most < MOST_KIB) == (2, True), said
    assert f"{path}: row 1 makes an event of more than 65536 bytes" in said


@on("herd", EMBEDDED)
def test_rows_of_long_ids_are_sent_once_in_little_memory(herd: Installation, tmp_path: Path) -> None:
    ids = [pa.array([f"{letter}{row:06d}" + "x" * 248 for row in range(ROWS)]) for letter in "sc"]
    status, said, most = _seed(herd, _write(tmp_path / "measurements.parquet", *ids))
    assert (status, most < MOST_KIB) == (0, True), f"{most} KiB\n{said}"
    (messages,) = (topic["partitions"] for topic in herd.ask("topics", "list") if topic["topic"] == "measurements")
    assert [partition["end_offset"] for partition in messages] == [ROWS]


@on("herd", EMBEDDED)
@pytest.mark.parametrize("as_argument", (False, True))
def test_a_pipe_is_never_waited_for(herd: Installation, tmp_path: Path, as_argument: bool) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    _write(folder / "measurements-1.parquet", pa.array(["s"]), pa.array(["c"]))
    pipe = folder / "measurements-2.parquet"
    os.mkfifo(pipe)
    done = herd.attempt("seed", pipe if as_argument else folder)
    assert done.returncode == 2, done.stderr
    assert str(pipe) in done.stderr
