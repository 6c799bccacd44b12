"""A generated herd in two time zones with nights of 23 and 25 hours."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from pathlib import Path

import oracle
import pytest
import reports
from comparison import assert_all_equal_oracle
from engines import EMBEDDED, SERVERS, on
from installation import Installation

pytestmark = pytest.mark.slow

# Berlin's clock changes at 2017-10-29 and 2018-03-25; São Paulo's at midnight of 2017-10-15 and
# 2018-02-18, so that one day has no midnight and another has its last hour twice.
FIRST, LAST = dt.date(2017, 10, 1), dt.date(2018, 4, 5)
CHANGES = {
    "Europe/Berlin": (dt.date(2017, 10, 29), dt.date(2018, 3, 25)),
    "America/Sao_Paulo": (dt.date(2017, 10, 15), dt.date(2018, 2, 18)),
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    return generate(Installation(folder / "unused"), folder / "herd", seed=7)


def generate(herd: Installation, folder: Path, seed: int) -> Path:
    period = ("--from", FIRST, "--to", LAST)
    herd.run("generate", "--cows", 40, *period, "--seed", seed, "-o", folder)
    return folder


@on("herd", EMBEDDED, SERVERS)
@pytest.mark.parametrize("zone", CHANGES)
def test_a_generated_herd_equals_the_oracle(
    herd: Installation, generated: Path, zone: str
) -> None:
    """`on a generated herd in two time zones with DST nights`."""
    herd = dataclasses.replace(herd, zone=zone).seed_and_process(generated)
    expected = oracle.build(generated, zone=zone)
    assert_all_equal_oracle(herd, expected)

    around = [day + dt.timedelta(shift) for day in CHANGES[zone] for shift in (-1, 0, 1)]
    chance = random.Random(zone)
    drawn = [FIRST + dt.timedelta(chance.randrange((LAST - FIRST).days)) for _ in range(20)]
    with herd.serve() as server:
        for day in around + drawn:
            shown = reports.from_http(server, day)
            reports.assert_equals_oracle(shown, expected, day)
            assert reports.from_command(herd, day) == shown


@pytest.mark.parametrize("zone", CHANGES)
def test_the_zone_matters_to_the_generated_herd(generated: Path, zone: str) -> None:
    """Else the comparison above would also hold for a program that ignores the zone."""
    connection = oracle.build(generated, zone=zone)
    moved = (
        "SELECT count(*) FROM silver_measurements WHERE farm_day <> make_timestamp(timestamp)::DATE"
    )
    assert connection.execute(moved).fetchall()[0][0] > 0
    for day in CHANGES[zone]:
        counted = connection.execute(
            "SELECT count(*) FROM silver_measurements WHERE farm_day = CAST(? AS DATE)", [day]
        )
        assert counted.fetchall()[0][0] > 0


def test_the_same_seed_gives_the_same_bytes(generated: Path, tmp_path: Path) -> None:
    """`Same seed, same bytes`."""
    herd = Installation(tmp_path / "unused")
    again = generate(herd, tmp_path / "again", seed=7)
    other = generate(herd, tmp_path / "other", seed=8)
    names = sorted(file.name for file in generated.iterdir())
    assert names == ["cows.parquet", "measurements.parquet", "sensors.parquet", "truth.json"]
    for name in names:
        assert (generated / name).read_bytes() == (again / name).read_bytes(), name
    measurements = "measurements.parquet"
    assert (generated / measurements).read_bytes() != (other / measurements).read_bytes()


def test_another_zone_on_the_same_store_judges_all_readings_again(
    generated: Path, tmp_path: Path
) -> None:
    """As if the store had been filled in that zone; a rebuild changes nothing more."""
    herd = Installation(tmp_path / "data", "Europe/Berlin").seed_and_process(generated)
    zone = "America/Sao_Paulo"
    herd.run("farm", "change", "default", "--time-zone", zone)
    herd.run("pipeline", "run")
    expected = oracle.build(generated, zone=zone)
    assert_all_equal_oracle(herd, expected)
    herd.run("pipeline", "rebuild", "--verify")
    herd.run("pipeline", "rebuild")
    assert_all_equal_oracle(herd, expected)


def test_another_zone_in_the_configuration_is_told_and_changes_nothing(
    generated: Path, tmp_path: Path
) -> None:
    """The farm has its own since the store was made."""
    herd = Installation(tmp_path / "data", "Europe/Berlin").seed_and_process(generated)
    other = dataclasses.replace(herd, zone="America/Sao_Paulo")
    told = other.attempt("pipeline", "run")
    assert told.returncode == 0
    assert "herdflow farm change default" in told.stderr
    assert_all_equal_oracle(other, oracle.build(generated, zone=herd.zone))
