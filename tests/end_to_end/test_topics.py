"""Topics made, changed, deleted and made anew by command line, and what the loader makes of that."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import files
from installation import Installation
from program import executable

USAGE = 2
NOT_FOUND = 3
CONFLICT = 4


def described(herd: Installation) -> dict[str, dict[str, object]]:
    return {topic["topic"]: topic for topic in json.loads(herd.attempt("topics", "describe", "--json").stdout)}


def partition_count(herd: Installation, topic: str) -> int:
    partitions = described(herd)[topic]["partitions"]
    assert isinstance(partitions, list)
    return len(partitions)


def test_topics_are_made_once_and_grow(herd: Installation) -> None:
    made = herd.attempt("topics", "create", "--partitions", "3")
    assert made.stdout.split() == ["cows:", "made", "sensors:", "made", "measurements:", "made", "farms:", "made"]
    assert "left as it is" in herd.attempt("topics", "create", "cows", "--partitions", "9").stdout
    assert partition_count(herd, "cows") == 3
    assert herd.attempt("topics", "alter", "cows", "--partitions", "5").returncode == 0
    assert partition_count(herd, "cows") == 5
    fewer = herd.attempt("topics", "alter", "cows", "--partitions", "2")
    assert fewer.returncode == USAGE
    assert "only become more" in fewer.stderr
    topic = described(herd)["measurements"]
    assert topic["cleanup_policy"] == "delete"
    assert topic["message_timestamp_type"] == "LogAppendTime"
    assert topic["retention_ms"] is None


def test_what_the_embedded_log_cannot_is_said(herd: Installation) -> None:
    for wrong in (("--replication", "3"), ("--retention-days", "7")):
        done = herd.attempt("topics", "create", *wrong)
        assert done.returncode == USAGE
        assert "Kafka" in done.stderr
    nothing = herd.attempt("topics", "alter", "cows")
    assert nothing.returncode == USAGE
    assert "--partitions" in nothing.stderr


def test_deleting_asks_first(herd: Installation) -> None:
    herd.attempt("topics", "create")
    done = herd.attempt("topics", "delete", "cows")
    assert done.returncode == USAGE
    assert "--yes" in done.stderr
    assert "cows" in described(herd)
    assert herd.attempt("topics", "delete", "cows", "--yes").returncode == 0
    assert "cows" not in described(herd)
    assert herd.attempt("topics", "delete", "cows", "--yes").returncode == NOT_FOUND


def test_a_topic_made_anew_is_loaded_only_on_purpose(herd: Installation, tmp_path: Path) -> None:
    herd.seed_and_process(files.write_cows(tmp_path, [("berta", "Berta #1", None)]))
    herd.attempt("topics", "delete", "cows", "--yes")
    herd.attempt("topics", "create")
    herd.attempt("seed", files.write_cows(tmp_path, [("lotte", "Lotte #1", None)]))
    halted = herd.attempt("load")
    assert halted.returncode == CONFLICT, halted.stderr
    assert "herdflow load --adopt" in halted.stderr
    assert "gone" in herd.attempt("status").stdout

    with subprocess.Popen(
        [str(executable()), "serve", "--roles", "loader"], env=herd.environment(), stderr=subprocess.PIPE, text=True
    ) as loader:
        assert loader.stderr is not None
        said = next(line for line in loader.stderr if "ready" in line)
        loader.terminate()
    assert "loader is not ready" in said
    assert "--adopt" in said

    adopted = herd.attempt("load", "--adopt")
    assert adopted.returncode == 0, adopted.stderr
    assert "cows/0 is adopted" in adopted.stdout
    herd.attempt("pipeline", "run")
    for cow in ("berta", "lotte"):
        assert herd.attempt("cow", cow).returncode == 0
    partitions = json.loads(herd.attempt("status", "--json").stdout)["partitions"]
    assert all(at["audit_gap"] == 0 for at in partitions)
    assert "Nothing to adopt" in herd.attempt("load", "--adopt").stdout
