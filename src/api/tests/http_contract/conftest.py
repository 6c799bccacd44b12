"""The two ports of a running herdflow, named by PRODUCER_URL and BACKEND_URL."""

import os

import pytest
from contract import Port


def _port(variable: str) -> Port:
    url = os.environ.get(variable)
    if not url:
        pytest.exit(f"{variable} must name a running server, as in http://127.0.0.1:5000", 2)
    return Port(url)


@pytest.fixture(scope="session")
def producer() -> Port:
    return _port("PRODUCER_URL")


@pytest.fixture(scope="session")
def backend() -> Port:
    return _port("BACKEND_URL")
