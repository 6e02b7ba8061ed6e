"""Each stage synthesized once for the whole test run."""

from __future__ import annotations

from pathlib import Path

import pytest

import cdk  # noqa: F401  # first of all: it chooses the Node that CDK's engine starts with
from tests.infrastructure.assembly import DEV, LOCAL, PROD, Assembly, synthesize


@pytest.fixture(scope="session")
def site_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A web client as small as can be, so that no test waits for the real one to be built."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>Chat</title>")
    (folder / "assets").mkdir()
    (folder / "assets" / "index-4f2a9c.js").write_text("0")
    return folder


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Stage local."""
    return synthesize(LOCAL, tmp_path_factory.mktemp("local"), site_files)


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Stage dev, with the built-in issuer."""
    return synthesize(DEV, tmp_path_factory.mktemp("dev"), site_files)


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Stage prod, with OpenID Connect."""
    return synthesize(PROD, tmp_path_factory.mktemp("prod"), site_files)


@pytest.fixture(params=["local", "dev", "prod"])
def stage(request: pytest.FixtureRequest) -> Assembly:
    """Each stage in turn."""
    assembly: Assembly = request.getfixturevalue(request.param)
    return assembly
