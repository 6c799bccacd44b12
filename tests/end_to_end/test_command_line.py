"""Odd command lines and files that are none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import files
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from installation import Installation
from program import executable

# docs/operations.md, "Exit codes".
USAGE = 2
NOT_FOUND = 3
UNAVAILABLE = 5
CORRUPT = 6


DAYS = ("--from", "2024-01-01", "--to", "2024-01-31", "-o", "/dev/null/x")
WRONG = {
    ("fly",): "herdflow: 'fly' is no command or option; see herdflow --help",
    ("seed",): "herdflow seed: FOLDER|FILE... is missing; see herdflow seed --help",
    ("cow",): "herdflow cow: ID is missing;",
    ("generate", "--cows", "1"): "generate: --from and --to and --output are missing;",
    ("generate", "--from", "2024-01-01", "-o", "/dev/null/x"): "herdflow generate: --to is missing;",
    ("topics",): "herdflow topics: a command is missing; there are list, describe, tail, create,",
    ("topics", "tail"): "herdflow topics tail: TOPIC is missing;",
    ("topics", "alter", "--repair"): "herdflow topics alter: TOPIC is missing;",
    ("topics", "delete"): "herdflow topics delete: TOPIC is missing;",
    ("pipeline", "walk"): "herdflow pipeline: 'walk' is no command or option; see herdflow pipeline",
    ("load", "extra"): "herdflow load: 'extra' is too much: load takes no words, only options;",
    ("cow", "a", "b"): "herdflow cow: 'b' is a word too many; see herdflow cow --help",
    ("status", "--no-such-option"): "'--no-such-option' is no command or option;",
    ("status", "--backend-port"): "herdflow status: --backend-port has no value;",
    ("status", "--config", ""): "--config names no file",
    ("status", "--config", "a", "--config", "b"): "status: --config is given more than once;",
    ("status", "--log-engine", "kafka", "--kafka-brokers", "http://127.0.0.1:9092"): "HOST:PORT",
    ("status", "--store-engine", "mysql", "--mysql-host", "mysql://127.0.0.1"): "[mysql] port",
    ("generate", "--cows", "-3", *DAYS): "--cows: '-3' is no whole number from 1 to 1000000;",
    ("generate", "--cows", "many", *DAYS): "--cows: 'many' is no whole number from 1 to 1000000;",
    ("generate", "--seed", "-5", *DAYS): "--seed: '-5' is no whole number from 0 to 18446744073709",
    ("generate", *DAYS[:2], "--to", "2023-01-31", "-o", "/dev/null/x"): "--to is 2023-01-31, before --from",
    ("generate", "--from", "0001-01-01", "--to", "9999-02-01", "-o", "/dev/null/x"): "2000-01-01 or later",
    ("topics", "tail", "cows", "-n", "many"): "-n: 'many' is no whole number from 0 to 100000;",
    ("topics", "alter", "cows", "--partitions", "4294967297"): "is no whole number from 1 to 1000;",
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.items(), ids=str)
def test_a_wrong_command_line_exits_2_and_says_why(
    herd: Installation, arguments: tuple[str, ...], words: str
) -> None:
    done = herd.attempt(*arguments)
    assert done.returncode == USAGE, done.stderr
    assert words in done.stderr
    assert not done.stdout.strip()


def test_help_shows_what_a_value_is_like(herd: Installation) -> None:
    shown = herd.run("topics", "tail", "--help") + herd.run("generate", "--help")
    for option in ("-n N ", "--cows N ", "--seed N ", "--from DATE ", "--output FOLDER "):
        assert option in shown


def test_what_shows_nothing_is_shown(herd: Installation, tmp_path: Path) -> None:
    assert "'st\\u200batus'" in herd.attempt("st\u200batus").stderr
    assert "fa\\u00a0rm\\u000a.parquet" in herd.attempt("seed", tmp_path / "fa\u00a0rm\n.parquet").stderr


def test_without_a_command_the_first_steps_are_shown(herd: Installation) -> None:
    done = herd.attempt()
    assert done.returncode == USAGE
    for first in ("herdflow serve ", "herdflow seed FOLDER ", "herdflow report "):
        assert first in done.stderr
    assert "there are run, list, " in herd.attempt("pipeline").stderr


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("serv",), "did you mean serve?"),
        (("reprot", "2024-01-01"), "did you mean report?"),
        (("pipeline", "rebild"), "did you mean rebuild?"),
        (("topics", "lst"), "did you mean list?"),
        (("status", "--jsn"), "did you mean --json?"),
        (("serve", "--backend-prot=5"), "did you mean --backend-port?"),
        (("serve", "--mysql-password=hunter2"), "'--mysql-password' is no command or option"),
        (("help",), "did you mean --help?"),
        (("version",), "did you mean --version?"),
        (("-v",), "did you mean --version?"),
    ],
    ids=str,
)
def test_a_mistyped_word_names_the_nearest(
    herd: Installation, arguments: tuple[str, ...], meant: str
) -> None:
    done = herd.attempt(*arguments)
    assert done.returncode == USAGE
    assert meant in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("day", ["2024-02-30", "yesterday", "2999-01-01"])
def test_a_report_of_no_day_or_of_the_future_exits_2(herd: Installation, day: str) -> None:
    herd.process()
    done = herd.attempt("report", day)
    assert done.returncode == USAGE, done.stderr
    assert day in done.stderr


def test_an_unknown_zone_exits_2_and_names_it(herd: Installation) -> None:
    done = Installation(herd.folder, "Mars/Olympus").attempt("load")
    assert done.returncode == USAGE, done.stderr
    assert "Mars/Olympus" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "doing"),
    [
        (("pipeline", "run", "no_such_thing"), ""),
        (("topics", "tail", "no_such_thing"), "reading a topic: "),
        (("topics", "create", "no_such_thing"), "making topics: "),
        (("topics", "alter", "no_such_thing", "--repair"), "changing a topic: "),
        (("topics", "delete", "no_such_thing", "--yes"), "deleting a topic: "),
    ],
    ids=str,
)
def test_an_unknown_name_is_named(
    herd: Installation, arguments: tuple[str, ...], doing: str
) -> None:
    done = herd.attempt(*arguments)
    assert done.returncode in (USAGE, NOT_FOUND), done.stderr
    assert done.stderr.startswith(f"herdflow: {doing}")
    assert "no_such_thing" in done.stderr


def test_an_unknown_cow_exits_3(herd: Installation, tmp_path: Path) -> None:
    herd.seed_and_process(files.write_cows(tmp_path, [("berta", "Berta #1", None)]))
    done = herd.attempt("cow", "nobody")
    assert done.returncode == NOT_FOUND, done.stderr
    assert "nobody" in done.stderr


@pytest.mark.parametrize("role", ["producer", "backend"])
def test_an_address_that_is_refused_is_so_before_any_port_opens(
    herd: Installation, role: str
) -> None:
    done = herd.attempt("serve", f"--{role}-address", "0.0.0.0")
    assert done.returncode == USAGE, done.stderr
    assert f"[{role}] address" in done.stderr
    assert "http://" not in done.stderr


def test_a_missing_file_is_named(herd: Installation, tmp_path: Path) -> None:
    done = herd.attempt("seed", tmp_path / "nowhere.parquet")
    assert done.returncode in (USAGE, NOT_FOUND), done.stderr
    assert "nowhere.parquet" in done.stderr


GARBAGE = {
    "empty": b"",
    "text": b"sensor_id,cow_id,timestamp,value\n",
    "magic only": b"PAR1PAR1",
    "zeros": b"PAR1" + bytes(10_000) + b"PAR1",
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_a_garbage_file_is_named_and_nothing_is_sent(
    herd: Installation, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "measurements.parquet"
    file.write_bytes(content)
    done = herd.attempt("seed", file)
    assert done.returncode in (USAGE, CORRUPT), done.stderr
    assert "measurements.parquet" in done.stderr
    herd.process()
    assert herd.count("bronze_measurements") == 0


def test_a_cut_file_is_named_and_nothing_is_sent(herd: Installation, tmp_path: Path) -> None:
    rows = [
        ("milk", "berta", files.seconds("2024-03-01T06:00:00+00:00") + n, 1.0) for n in range(5_000)
    ]
    file = files.write_measurements(tmp_path, rows)
    file.write_bytes(file.read_bytes()[:-100])
    done = herd.attempt("seed", file)
    assert done.returncode in (USAGE, CORRUPT), done.stderr
    assert "measurements.parquet" in done.stderr
    herd.process()
    assert herd.count("bronze_measurements") == 0


def test_a_file_without_a_column_names_the_column(herd: Installation, tmp_path: Path) -> None:
    """`a wrong file names itself, the column, …; nothing of it is sent`."""
    file = tmp_path / "measurements.parquet"
    pq.write_table(pa.table({"sensor_id": ["milk"], "cow_id": ["berta"], "value": [1.0]}), file)
    done = herd.attempt("seed", file)
    assert done.returncode == USAGE, done.stderr
    assert "measurements.parquet" in done.stderr
    assert "timestamp" in done.stderr
    herd.process()
    assert herd.count("bronze_measurements") == 0


def test_files_of_another_shape_are_read_alike(herd: Installation, tmp_path: Path) -> None:
    """Text and dictionary columns, ms, extra columns, another order, codecs."""
    moment = files.seconds("2024-03-01T06:00:00+00:00")
    shapes = {
        "seconds": (pa.array([moment]), "none"),
        "whole": (pa.array([int(moment)]), "snappy"),
        "milliseconds": (pa.array([int(moment) * 1000]), "gzip"),
        "text": (pa.array([str(moment)]), "zstd"),
        "iso": (pa.array(["2024-03-01T07:00:00+01:00"], pa.large_string()), "lz4"),
        "naive": (pa.array([int(moment) * 10**6], pa.timestamp("us")), "brotli"),
        "zoned": (pa.array([int(moment) * 1000], pa.timestamp("ms", "Europe/Berlin")), "snappy"),
    }
    for name, (timestamps, codec) in shapes.items():
        columns = {
            "extra": pa.array([True]),
            "value": pa.array([7]),
            "timestamp": timestamps,
            "cow_id": pa.array(["berta"]).dictionary_encode(),
            "sensor_id": pa.array(["milk"], pa.large_string()),
        }
        folder = tmp_path / name
        folder.mkdir()
        pq.write_table(pa.table(columns), folder / "measurements.parquet", compression=codec)
        herd.run("seed", folder / "measurements.parquet")
    herd.process()
    assert herd.count("bronze_measurements") == len(shapes)
    assert herd.query("SELECT value, state FROM silver_measurements") == [(7.0, "pending")]


def test_status_and_topics_answer_on_an_empty_folder(herd: Installation) -> None:
    herd.process()
    assert herd.ask("status")
    herd.run("topics", "list")


def test_status_shows_the_lag_before_anything_is_loaded(herd: Installation, tmp_path: Path) -> None:
    cows = files.write_cows(tmp_path, [("c1", "Bella #1", None), ("c2", "Zora #1", None)])
    herd.run("seed", cows)
    (lag,) = [each for each in herd.ask("status")["partitions"] if each["topic"] == "cows"]
    assert (lag["end_offset"], lag["next_offset"]) == (2, 0)
    assert "herdflow load" in herd.run("status")


def test_looking_makes_nothing(herd: Installation) -> None:
    for arguments in (("status",), ("topics", "list"), ("report",), ("cow", "c1")):
        assert herd.attempt(*arguments).returncode == NOT_FOUND, arguments
    assert not herd.folder.exists()


def test_an_answer_that_cannot_be_written_is_no_success(herd: Installation) -> None:
    herd.process()
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [str(executable()), "status"],
            env=herd.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert run.returncode == UNAVAILABLE
    assert b"standard output" in run.stderr
