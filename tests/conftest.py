"""One running stack for the whole test run, started by the first test that asks for it; nothing beyond this machine."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from local.endpoints import Endpoint
from local.paths import BUILD, StateDirectory
from local.ports import Ports
from local.stack import LocalStack

EVIDENCE = BUILD / "tests"
"""Where a failed run's logs and screenshots are found."""
LOOPBACK_HOSTS = ["127.0.0.1", "::1", "localhost"]

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")
"""How long one example takes says nothing where all tests run at once."""


def pytest_runtest_setup() -> None:
    """A test that reaches for another host fails, whatever it tests."""
    socket_allow_hosts(LOOPBACK_HOSTS, allow_unix_socket=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes (`make test`) one has the stack, one the templates; other files go to who is free."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    """Tests of a group share a process, and so what their fixtures have made for all of them."""
    if "stack" in getattr(item, "fixturenames", ()):
        return "stack"
    return "templates" if "infrastructure" in item.path.parts else item.path.as_posix()


@pytest.fixture(scope="session")
def evidence() -> Path:
    """A directory for what explains a failure: screenshots, logs."""
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    return EVIDENCE


@pytest.fixture(scope="session")
def stack(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The whole application on free ports, deployed from the templates, with the built page and no data."""
    state = StateDirectory(tmp_path_factory.mktemp("stack"))
    stack = LocalStack(ports=Ports.free(), state=state, page="built", report=say)
    try:
        with stack:
            yield stack
    finally:
        kept = evidence / "logs"
        shutil.rmtree(kept, ignore_errors=True)
        if state.logs.exists():
            shutil.copytree(state.logs, kept)
        shutil.rmtree(state.root, ignore_errors=True)


@pytest.fixture(scope="session")
def endpoint_url(stack: LocalStack) -> str:
    """Where the emulator's AWS API is."""
    return stack.endpoint_url


@pytest.fixture(scope="session")
def aws(endpoint_url: str) -> Callable[[str], Any]:
    """Makes a boto3 client of a service of the running stack: `aws("s3")`."""
    return Endpoint(endpoint_url).client


def say(step: str) -> None:
    """Progress of the stack's start, on the terminal itself: pytest would keep it until a test fails."""
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"  stack: {step}\n")
