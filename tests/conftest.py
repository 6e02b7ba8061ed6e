"""What tests share in a whole run: running stacks, each started by the first test that asks for it, and templates.

Nothing beyond this machine is reached.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import settings
from pytest_socket import socket_allow_hosts
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from local.endpoints import Endpoint
from local.paths import BUILD, StateDirectory
from local.ports import Ports
from local.stack import LocalStack

EVIDENCE = BUILD / "tests"
"""Where a failed run's logs and screenshots are found."""
STACKS = {
    "stack of servers": ("tests/contract/", "tests/integration/"),
    "stack of clients": (
        "tests/browser/",
        "tests/client/test_javascript.py",
        "tests/client/test_stack.py",
        "tests/local/test_reload.py",
        "tests/local/test_stack.py",
    ),
}
"""Places whose tests share a running stack, and a process. Two, because one would be a chain as long as all other tests
together, half of which is waiting; a second one takes half a minute and a gigabyte."""
SHARED = {**STACKS, "templates": ("tests/infrastructure/",)}
"""Places whose tests run in one process: they share a running stack, or synthesized templates."""
TURNS = (
    "tests/integration/test_maintenance.py",  # they go through all that a stage has: while it is little
    "tests/integration/test_restore.py",
    "tests/integration/faults/",  # they count seconds: before seeds are played on every core
    "tests/integration/",
    "tests/browser/",
    "tests/infrastructure/",
    "tests/simulation/",
    "tests/local/test_dev.py",
    "tests/gateway/",
)
"""What comes first, of one process and of several: what takes longest, so that none waits at the end for another."""
LOOPBACK_HOSTS = ["127.0.0.1", "::1", "localhost"]

_parsed = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
JSONFileLoader.load_file = lambda _self, file_path: _parsed(file_path)  # type: ignore[method-assign, assignment]
"""What AWS services are like is megabytes of JSON, which botocore parses for every session: a quarter of the time
of unit tests."""

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")
"""How long one example takes says nothing where all tests run at once."""


def pytest_runtest_setup() -> None:
    """A test that reaches for another host fails, whatever it tests."""
    socket_allow_hosts(LOOPBACK_HOSTS, allow_unix_socket=True)


class SharedByPlace(LoadScopeScheduling):  # type: ignore[misc]
    """Of several processes (`make test`) two have a stack each, one the templates; other files go to who is free.

    xdist's own `loadgroup` writes a group into a test's id where pytest 9.2 no longer looks for it.
    """

    def _split_scope(self, nodeid: str) -> str:
        return place(nodeid.split("::", maxsplit=1)[0])


def place(file: str) -> str:
    """The group of a file, a path from the root: its tests share a process, and what fixtures have made."""
    for group, places in SHARED.items():
        if file.startswith(places):
            return group
    return file


def turn(file: str) -> int:
    """When a file comes; those that `TURNS` doesn't name are the last."""
    return next((at for at, places in enumerate(TURNS) if file.startswith(places)), len(TURNS))


def pytest_xdist_auto_num_workers() -> int:
    """Asked by xdist: one more than processors, because tests of a stack wait for it half of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedByPlace:
    """Asked by xdist, in the process that has the others. Groups are begun in the order of their first tests."""
    config.option.loadscopereorder = False  # by numbers of tests, which say nothing of their time
    return SharedByPlace(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is to come first does; and no process starts a stack that is not one of the two."""
    items.sort(key=lambda item: turn(_file(item)))
    of_the_stack = {_file(item) for item in items if "stack" in getattr(item, "fixturenames", ())}
    strangers = {file for file in of_the_stack if place(file) not in STACKS}
    if strangers:
        raise pytest.UsageError(f"tests of a stack outside STACKS: {', '.join(sorted(strangers))}")


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(item.config.rootpath).as_posix()


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
