"""Takes the pictures of docs/airflow.md: Airflow's own pages in a real browser, after its DAGs ran on a made-up herd.

    PYTHONPATH=tests/shared python tests/airflow/pictures.py [FOLDER]      FOLDER: docs/images

Needs Chromium and its driver (Debian: chromium, chromium-driver). A picture is an SVG that holds the screenshot.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from airflow_server import Airflow, wait_until
from herd import PIPELINES, Herd
from program import REPOSITORY, free_port
from test_pipelines import MEASUREMENTS, SMALL, run_all

WIDTH, HEIGHT = 1280, 720


@dataclass
class Browser:
    """Chromium, by the WebDriver protocol (W3C)."""

    http: requests.Session
    url: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self.http.request(method, f"{self.url}/{path}".rstrip("/"), json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()["value"]

    def go(self, url: str) -> None:
        self.ask("POST", "url", {"url": url})

    def run(self, script: str) -> Any:
        return self.ask("POST", "execute/sync", {"script": script, "args": []})

    def wait_for(self, *texts: str) -> None:
        wait_until(f"the page shows {texts}", lambda: all(each in self.run("return document.body.innerText") for each in texts))
        time.sleep(2)  # Until nothing moves any more.

    def take(self, title: str, file: Path) -> None:
        """What is seen now."""
        # Chromium's own command: the pictures of the protocol are PNG, four times as large.
        shot = self.ask("POST", "goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {"format": "webp", "quality": 70}})
        assert base64.b64decode(shot["data"])[:4] == b"RIFF"
        file.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{title}</title>'
            f'<image width="{WIDTH}" height="{HEIGHT}" href="data:image/webp;base64,{shot["data"]}"/></svg>\n'
        )
        print(f"{file}: {title}, {file.stat().st_size / 1000:.0f} kB")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    port = free_port()
    http = requests.Session()
    http.trust_env = False
    with tempfile.TemporaryDirectory(prefix="browser.") as profile:
        driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
        try:
            root = f"http://127.0.0.1:{port}"

            def is_ready() -> bool:
                with contextlib.suppress(requests.ConnectionError):
                    return bool(http.get(f"{root}/status", timeout=10).json()["value"]["ready"])
                return False

            wait_until("the driver answers", is_ready)
            flags = ["--headless=new", "--no-sandbox", "--no-proxy-server", "--hide-scrollbars", f"--user-data-dir={profile}"]
            options = {"args": [*flags, f"--window-size={WIDTH},{HEIGHT}"]}
            capabilities = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
            session = http.post(f"{root}/session", json=capabilities, timeout=60).json()["value"]["sessionId"]
            browser = Browser(http, f"{root}/session/{session}")
            size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
            browser.ask("POST", "goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": size})
            try:
                yield browser
            finally:
                browser.ask("DELETE", "")  # The browser outlives its driver.
        finally:
            driver.terminate()
            driver.wait(30)


def take_all(airflow: Airflow, run: str, folder: Path) -> None:
    root = f"http://{airflow.read('address')}"
    with open_browser() as browser:
        browser.go(f"{root}/auth/login/")
        token = airflow.http.headers["Authorization"].split()[1]
        browser.ask("POST", "cookie", {"cookie": {"name": "_token", "value": token, "path": "/"}})
        browser.go(f"{root}/dags")
        browser.wait_for("farm_data_pipeline", "cow_data_pipeline", "sensor_data_pipeline", MEASUREMENTS)
        browser.take("Airflow's list of herdflow's pipelines", folder / "airflow-pipelines.svg")
        browser.run("localStorage.setItem('default_dag_view', '\"graph\"')")
        browser.go(f"{root}/dags/{MEASUREMENTS}/runs/{run}?dag_run_id={run}")
        wait_until("the graph is drawn", lambda: browser.run("return document.querySelectorAll('.react-flow__node').length") >= 8)
        browser.wait_for("cleanse_measurements", "herd_daily_metrics")
        browser.take("A run of measurement_data_pipeline: its tasks", folder / "airflow-run.svg")
        browser.run("localStorage.setItem('default_dag_view', '\"grid\"')")
        browser.go(f"{root}/dags/{MEASUREMENTS}/runs/{run}/tasks/cleanse_measurements")
        browser.wait_for("herdflow: ")
        browser.take("The log of cleanse_measurements, with herdflow's own lines", folder / "airflow-log.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=REPOSITORY / "docs/images")
    folder = parser.parse_args().folder.resolve()
    with tempfile.TemporaryDirectory(prefix="pictures.") as name:
        herd = Herd(Path(name) / "herd", {f"PIPELINES_{each}": "when new" for each in PIPELINES})
        herd.folder.mkdir()
        airflow = Airflow(Path(name) / "stack", Path(name) / "pipelines.json", herd.url)
        herd.write_manifest(airflow.manifest)
        herd.fill(herd.generate(*SMALL))
        herd.start()
        try:
            done = airflow.attempt("up", "airflow")
            assert done.returncode == 0, done.stdout
            airflow.log_in()
            wait_until("Airflow has the pipelines", lambda: len(airflow.dags()) == 4)
            take_all(airflow, run_all(airflow)[MEASUREMENTS], folder)
        finally:
            airflow.attempt("destroy", "--yes")
            herd.stop()


if __name__ == "__main__":
    main()
