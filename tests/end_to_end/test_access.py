"""The bearer token: who gets in, what stays open, and what `serve` refuses without one."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from installation import Installation
from program import free_port

TOKEN = "correct-horse-battery"
USAGE = 2


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    return file


def test_with_a_token_every_request_but_the_probes_needs_it(
    herd: Installation, token_file: Path
) -> None:
    with herd.serve(HERDFLOW_HTTP_TOKEN_FILE=str(token_file)) as server:
        for port in (server.producer, server.backend):
            for path in ("/openapi.json", "/nowhere", "/docs/init.js"):
                refused = server.http.get(port + path, timeout=30)
                assert refused.status_code == 401, path
                assert refused.headers["WWW-Authenticate"].startswith("Bearer")
                assert refused.json()["type"] == "urn:herdflow:problem:unauthorized"
            assert server.http.get(f"{port}/healthz", timeout=30).json() == {"status": "ok"}
            assert server.http.get(f"{port}/readyz", timeout=30).json() == {"status": "ready"}
        cow = {"id": "berta", "name": "Berta #1"}
        assert server.post("/cow", cow).status_code == 401
        server.http.headers["Authorization"] = "Bearer another-token-of-it"
        assert server.post("/cow", cow).status_code == 401
        server.http.headers["Authorization"] = f"Bearer {TOKEN}"
        assert server.post("/cow", cow).status_code == 200
        assert server.get("/nowhere").status_code == 404
    assert [each["offset"] for each in herd.ask("topics", "tail", "cows")] == [0]
    assert TOKEN not in (herd.folder.parent / "serve.log").read_text()


def test_the_page_that_asks_for_the_token_may_run_its_own_script_alone(
    herd: Installation, token_file: Path
) -> None:
    with herd.serve(HERDFLOW_HTTP_TOKEN_FILE=str(token_file)) as server:
        page = server.get("/docs")
        assert page.status_code == 401
        scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
        assert len(scripts) == 1
        digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
        policy = page.headers["Content-Security-Policy"]
        assert f"script-src 'self' blob: 'sha256-{digest}'" in policy
        assert "default-src 'self'" in policy
        server.http.headers["Authorization"] = f"Bearer {TOKEN}"
        assert "swagger-ui-bundle.js" in server.get("/docs").text


@pytest.mark.parametrize("role", ["producer", "backend"])
def test_without_a_token_only_loopback_is_listened_on(herd: Installation, role: str) -> None:
    address = f"--{role}-address"
    done = herd.attempt("serve", "--roles", role, address, "0.0.0.0", f"--{role}-port", free_port())
    assert done.returncode == USAGE, done.stderr
    assert "[http] token_file" in done.stderr
    assert address in done.stderr


@pytest.mark.parametrize("text", ["", "short\n", "with blanks in the token\n"])
def test_a_token_that_is_none_is_refused(herd: Installation, tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    done = herd.attempt("serve", "--http-token-file", file)
    assert done.returncode == USAGE, done.stderr
    assert "[http] token_file" in done.stderr
    assert str(file) in done.stderr
