"""Several farms in one herdflow: nothing of one is in an answer of another, though their ids are the same."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from concurrent import futures
from pathlib import Path
from typing import Any

import files
import requests
from engines import EMBEDDED, SERVERS, on
from installation import Installation, Server
from waiting import wait_until

# At this time it is the next day in Berlin, and still the evening before in Chicago.
AT = "2024-03-01T23:30:00+00:00"
FARMS = {"default": ("UTC", "2024-03-01", 10), "hill": ("Europe/Berlin", "2024-03-02", 20), "valley": ("America/Chicago", "2024-03-01", 30)}  # fmt: skip


def _put(server: Server, farm: str, **state: object) -> requests.Response:
    return server.http.put(f"{server.backend}/api/v1/farms/{farm}", json=state, timeout=30)


def _make_farms(server: Server) -> None:
    for farm in ("hill", "valley"):
        answer = _put(server, farm, name=farm, time_zone=FARMS[farm][0])
        assert answer.status_code == 200, answer.text


def _of(farm: str, path: str) -> str:
    """The seed system's paths are those of default."""
    return path if farm == "default" else f"/api/v1/farms/{farm}{path}"


def _problem(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:herdflow:problem:")


def _reading(value: float, **more: object) -> dict[str, object]:
    return {"sensor_id": "s", "cow_id": "c", "timestamp": AT, "value": value, **more}


def _milk(server: Server, farm: str, day: str) -> list[tuple[str, float]]:
    report = server.get(_of(farm, f"/generate-report/{day}")).json()
    return [(row["cow_name"], row["milk_produced"]) for row in report["milk_production"]]


def _send_the_same_ids(server: Server) -> None:
    """The field, the path, and a mixed body."""
    for farm in FARMS:
        field = {} if farm == "default" else {"farm": farm}
        assert server.post("/cow", {"id": "c", "name": f"Of {farm}", **field}).ok
        sensors = f"/api/v1/farms/{farm}/events/sensors"
        assert server.post(sensors, [{"id": "s", "unit": "L"}]).json()["accepted"] == 1
    body = [_reading(value, **({} if farm == "default" else {"farm": farm})) for farm, (_, _, value) in FARMS.items()]
    body += [_reading(1, farm="nowhere"), _reading(2, farm="No")]
    answer = server.post("/api/v1/events/measurements", body).json()
    assert (answer["accepted"], answer["refused"]) == (3, 2)
    assert [(each["index"], each["code"]) for each in answer["refusals"]] == [(3, "unknown_farm"), (4, "bad_characters")]


@on("herd", EMBEDDED, SERVERS)
def test_the_same_ids_on_several_farms_are_others_by_every_route_and_command(herd: Installation) -> None:
    with herd.serve() as server:
        _make_farms(server)
        _send_the_same_ids(server)
        for farm, (_, day, value) in FARMS.items():
            wait_until(lambda farm=farm, day=day: _milk(server, farm, day))
            assert _milk(server, farm, day) == [(f"Of {farm}", value)]
            other = {"2024-03-01": "2024-03-02", "2024-03-02": "2024-03-01"}[day]
            assert _milk(server, farm, other) == []
            cow = server.get(_of(farm, "/cows/c")).json()
            assert (cow["name"], cow["latest_sensor_data"]["average_value"]) == (f"Of {farm}", value)
            assert cow["latest_sensor_data"]["date"] == day
            made = [_make_cow(server, farm, "one-key") for _ in range(2)]
            assert made[0] == made[1]
            assert made[0]["name"] == "Berta #1"  # Numbers and keys are a farm's own.
            assert herd.ask("cow", "c", "--farm", farm) == cow
            report = server.get(_of(farm, f"/generate-report/{day}")).json()
            assert herd.ask("report", day, "--farm", farm) == report
            assert server.get(f"/api/v1/farms/{farm}/generate-report/{day}").json() == report
            status = herd.ask("status", "--farm", farm)
            assert (status["cows"], status["sensors"], status["silver_by_state"]) == (2, 1, {"accepted": 1})
            assert (status["data_from"], status["data_to"], status["quarantine_by_code"]) == (day, day, {})
        assert len({_make_cow(server, farm, "one-key")["id"] for farm in FARMS}) == 3
        farms = server.get("/api/v1/farms").json()
        assert [(each["id"], each["time_zone"]) for each in farms["farms"]] == [(farm, FARMS[farm][0]) for farm in FARMS]
        assert herd.ask("farm", "list") == farms
        assert herd.ask("farm", "show", "hill") == server.get("/api/v1/farms/hill").json()


def _make_cow(server: Server, farm: str, key: str) -> dict[str, Any]:
    def make() -> requests.Response | None:
        answer = server.http.post(
            server.backend + _of(farm, "/cows/"), json={"name": "Berta"}, headers={"Idempotency-Key": key}, timeout=30
        )
        return answer if answer.status_code != 503 else None  # The loader is behind.

    made: requests.Response = wait_until(make)
    assert made.status_code == 200, made.text
    return made.json()


@on("herd", EMBEDDED, SERVERS)
def test_an_unknown_farm_is_told_at_the_door_and_waits_in_the_log(herd: Installation, tmp_path: Path) -> None:
    with herd.serve() as server:
        assert _problem(server.post("/measurement", _reading(1, farm="hill"))) == (404, "unknown-farm")
        assert _problem(server.post("/api/v1/farms/hill/events/cows", [])) == (404, "unknown-farm")
        for path in ("", "/cows/c", "/generate-report/2024-03-01"):
            assert _problem(server.get("/api/v1/farms/hill" + path)) == (404, "unknown-farm")
        for command in (["cow", "c"], ["report"], ["status"]):
            done = herd.attempt(*command, "--farm", "hill")
            assert (done.returncode, "there is no farm 'hill'" in done.stderr) == (3, True), done.stderr
        # A file is not at the door.
        done = herd.attempt("seed", "--farm", "hill", *_small_files(tmp_path))
        assert (done.returncode, "`herdflow farm create hill` makes it" in done.stderr) == (0, True), done.stderr
        wait_until(lambda: herd.ask("status")["quarantine_by_code"] == {"unknown_farm": 3})
        assert herd.ask("status")["unknown_farms"] == {"hill": 3}
        assert herd.ask("farm", "create", "hill", "--name", "Hill", "--time-zone", "Europe/Berlin")["name"] == "Hill"
        assert server.post("/measurement", _reading(7, farm="hill")).status_code == 200  # At once.
        wait_until(lambda: _milk(server, "hill", "2024-03-02") == [("Berta #1", 7)])
        wait_until(lambda: herd.ask("status")["quarantine_by_code"] == {})
        assert herd.ask("status")["unknown_farms"] == {}
        assert herd.ask("status", "--farm", "hill")["silver_by_state"] == {"accepted": 1}


def _small_files(folder: Path) -> list[Path]:
    return [
        files.write_cows(folder, [("c", "Berta #1", None)]),
        files.write_sensors(folder, [("s", "L")]),
        files.write_measurements(folder, [("s", "c", files.seconds(AT), 5.0)]),
    ]


@on("herd", EMBEDDED, SERVERS)
def test_a_closed_farm_is_read_and_takes_nothing_until_it_is_opened_again(herd: Installation) -> None:
    with herd.serve() as server:
        _make_farms(server)
        _send_the_same_ids(server)
        wait_until(lambda: _milk(server, "hill", "2024-03-02"))
        made = _make_cow(server, "hill", "before-it-closed")
        assert herd.ask("farm", "close", "hill")["closed_at"]
        wait_until(lambda: not server.post("/measurement", _reading(8, farm="hill")).ok)
        assert _problem(server.post("/measurement", _reading(8, farm="hill"))) == (409, "farm-closed")
        assert _problem(server.post("/api/v1/farms/hill/events/cows", [])) == (409, "farm-closed")
        answer = server.post("/api/v1/events/cows", [{"id": "c", "name": "C", "farm": farm} for farm in ("hill", "valley")])
        assert [each["code"] for each in answer.json()["refusals"]] == ["closed_farm"]
        assert _problem(server.post_backend("/api/v1/farms/hill/cows/", {"name": "B"})) == (409, "farm-closed")
        assert _make_cow(server, "hill", "before-it-closed") == made
        assert server.get("/api/v1/farms/hill/cows/c").status_code == 200
        report = herd.attempt("report", "2024-03-02", "--farm", "hill")
        assert (report.returncode, "the farm 'hill' is closed" in report.stderr) == (0, True), report.stderr
        assert herd.ask("report", "2024-03-02", "--farm", "hill")["milk_production"]
        assert herd.attempt("farm", "change", "hill", "--name", "x").returncode == 4
        assert herd.attempt("farm", "close", "default").returncode == 2
        assert _put(server, "hill", name="Again", time_zone="Europe/Berlin").json()["closed_at"] is None
        wait_until(lambda: server.post("/measurement", _reading(9, farm="hill")).ok)
        wait_until(lambda: _milk(server, "hill", "2024-03-02") == [("Of hill", 9)])


@on("herd", EMBEDDED, SERVERS)
def test_a_closed_farm_opens_again_as_it_was(herd: Installation) -> None:
    state = {"name": "Hill", "time_zone": "Europe/Berlin", "litre_max": 80, "milk_density": 1.03}
    options = [word for name, value in state.items() for word in (f"--{name.replace('_', '-')}", value)]
    before = herd.ask("farm", "create", "hill", *options)
    assert {name: before[name] for name in state} == state
    herd.run("farm", "close", "hill")
    refused = herd.attempt("farm", "change", "hill", "--litre-min", 1)
    assert (refused.returncode, "herdflow farm create hill" in refused.stderr) == (4, True), refused.stderr
    after = herd.ask("farm", "create", "hill")
    assert {**after, "updated_at": before["updated_at"]} == before
    assert herd.attempt("farm", "create", "hill").returncode == 4


@on("herd", EMBEDDED, SERVERS)
def test_two_changes_at_once_are_both_made(herd: Installation) -> None:
    herd.run("farm", "create", "hill", "--name", "Hill")
    for most in (61, 62, 63):
        changes = (("--litre-max", most), ("--kilogram-max", most + 1000))
        with futures.ThreadPoolExecutor() as pool:
            done = list(pool.map(lambda change: herd.attempt("farm", "change", "hill", *change), changes))
        assert [each.returncode for each in done] == [0, 0], done
        farm = herd.ask("farm", "show", "hill")
        assert (farm["litre_max"], farm["kilogram_max"]) == (most, most + 1000)


def test_what_the_log_says_of_a_farm_counts_before_it_is_judged(herd: Installation, tmp_path: Path) -> None:
    herd.run("farm", "create", "hill", "--name", "Hill")
    herd.run("seed", files.write_farms(tmp_path, [("hill", "Sent", "Europe/Berlin")]))
    changed = herd.ask("farm", "change", "hill", "--litre-max", 70)
    assert (changed["name"], changed["time_zone"], changed["litre_max"]) == ("Sent", "Europe/Berlin", 70)
    herd.process()
    assert herd.ask("farm", "show", "hill") == changed
    herd.run("pipeline", "rebuild")
    assert {**herd.ask("farm", "show", "hill"), "created_at": changed["created_at"]} == changed


def test_an_option_that_says_nothing_changes_nothing(herd: Installation, tmp_path: Path) -> None:
    before = herd.ask("farm", "create", "hill", "--name", "Hill", "--litre-max", 80, "--time-zone", "Europe/Berlin")
    for options in (["--litre-max", "nan"], ["--time-zone", "None"], ["--name", "", "--litre-max", "70"]):
        done = herd.attempt("farm", "change", "hill", *options)
        assert (done.returncode, "says nothing" in done.stderr) == (2, True), done.stderr
    assert herd.ask("farm", "show", "hill") == before
    done = herd.attempt("seed", "--farm", "hill", files.write_farms(tmp_path, [("valley", "Valley", "UTC")]))
    assert (done.returncode, "leave it out" in done.stderr) == (2, True), done.stderr
    for command in (["seed", tmp_path], ["status"], ["cow", "c"], ["report"]):
        for farm in ("", "No"):
            done = herd.attempt(*command, "--farm", farm)
            assert (done.returncode, "the farm's id" in done.stderr) == (2, True), done.stderr


@on("herd", EMBEDDED, SERVERS)
def test_a_change_judges_one_farms_readings_again_while_every_process_goes_on(herd: Installation) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(herd.serve())
        # Another zone for `default`, which is made.
        others = [stack.enter_context(herd.serve(HERDFLOW_HERD_TIME_ZONE="Asia/Kolkata")) for _ in range(2)]
        _make_farms(server)
        for farm in FARMS:
            wait_until(lambda farm=farm: all(each.get(f"/api/v1/farms/{farm}").ok for each in others))
        _send_the_same_ids(others[0])
        wait_until(lambda: all(_milk(others[1], farm, day) for farm, (_, day, _) in FARMS.items()))
        before = {farm: herd.ask("farm", "show", farm) for farm in FARMS}
        herd.run("farm", "change", "hill", "--time-zone", "America/Chicago", "--litre-max", "19")
        wait_until(lambda: herd.ask("status", "--farm", "hill")["quarantine_by_code"] == {"implausible": 1})
        wait_until(lambda: not _milk(server, "hill", "2024-03-02"))
        herd.run("farm", "change", "hill", "--litre-max", "60")
        wait_until(lambda: _milk(server, "hill", "2024-03-01") == [("Of hill", 20)])
        assert herd.ask("farm", "show", "hill")["rules_version"] == before["hill"]["rules_version"]
        for farm in ("default", "valley"):
            assert herd.ask("farm", "show", farm) == before[farm]
            assert _milk(server, farm, FARMS[farm][1]) == [(f"Of {farm}", FARMS[farm][2])]
        assert [each.process.poll() for each in (server, *others)] == [None] * 3
    assert "herdflow farm change default" in (herd.folder.parent / "serve.log").read_text()


def test_the_same_files_on_two_farms_give_the_same_layers(herd: Installation, tmp_path: Path) -> None:
    herd.run("generate", "--cows", 5, "--from", "2024-01-01", "--to", "2024-01-20", "-o", tmp_path / "herd")
    herd.run("farm", "create", "hill", "--name", "Hill")
    herd.run("seed", tmp_path / "herd")
    herd.run("seed", tmp_path / "herd", "--farm", "hill")
    herd.process()
    measured = ("silver_measurements", "gold_measurements_daily_aggregations", "gold_cow_daily_metrics", "gold_cow_milk_means")
    for table in ("gold_cows", "gold_herd_days", *measured):
        of = {farm: set(_rows(herd, table, farm)) for farm in ("default", "hill")}
        assert of["default"], table
        assert of["default"] == of["hill"], table
    assert herd.run("pipeline", "rebuild", "--verify")


def _rows(herd: Installation, table: str, farm: str) -> list[tuple[object, ...]]:
    """What is measured: a message's place in the log and its times are its own."""
    own = ("version", "stream_id", "topic_partition", "topic_offset", "received_at", "created_at", "updated_at", "farm")
    with herd.store() as store:
        columns = [row[0] for row in store.execute(f"SELECT name FROM pragma_table_info('{table}')", ())]
        assert columns.index("farm") == (0 if table == "gold_herd_days" else len(columns) - 1), table
        chosen = ", ".join(column for column in columns if column not in own)
        return [tuple(row) for row in store.execute(f"SELECT {chosen} FROM {table} WHERE farm = '{farm}'", ())]


def test_generated_farms_are_themselves(herd: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "farms"
    herd.run("generate", "--farms", 3, "--cows", 4, "--from", "2024-01-01", "--to", "2024-01-20", "-o", folder)
    herd.seed_and_process(folder)
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert list(truths) == ["farm-1", "farm-2", "farm-3"]
    for farm, truth in truths.items():
        status = herd.ask("status", "--farm", farm)
        assert (status["cows"], status["sensors"]) == (truth["cows"], truth["sensors"])
        judged = sum(status["silver_by_state"].values()) + sum(status["quarantine_by_code"].values())
        assert judged == truth["measurements"]
        newest = dt.date(2024, 1, 19)
        ill = {each["cow_id"] for each in truth["ill"] if each["first"] <= str(newest) <= each["last"]}
        assert ill
        assert {row["cow_id"] for row in herd.ask("report", "--farm", farm, newest)["ill_cows"]} == ill
    mixed = herd.attempt("seed", "--farm", "farm-1", folder)
    assert (mixed.returncode, "of the farm farm-2, and not of farm-1" in mixed.stderr) == (2, True), mixed.stderr
