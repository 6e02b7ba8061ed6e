"""Layers: the same bytes from every build, with bytecode that the runtime takes, and nothing that it brings itself."""

from __future__ import annotations

import marshal
import zipfile
from pathlib import Path

import pytest

from layers import build
from layers.build import BROUGHT_BY_RUNTIME, HOST, LAMBDA, LayerError, Target, build_layer

UNCHECKED_HASH = 1
"""Flags of a .pyc whose source is never looked at (PEP 552)."""


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def packages(path: Path) -> set[str]:
    """Top-level names that can be imported from a layer."""
    return {name.split("/")[1].removesuffix(".py") for name in names(path) if name.endswith((".py", ".so"))}


@pytest.mark.parametrize("name", ["chat", "data", "identity"])
def test_two_builds_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    first = build_layer(name, target=HOST, out=tmp_path / "first", cached=False)
    second = build_layer(name, target=HOST, out=tmp_path / "elsewhere" / "second", cached=False)
    assert first.zip.read_bytes() == second.zip.read_bytes()
    assert first.sha256 == second.sha256


def test_what_was_built_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build_layer("chat", target=HOST, out=tmp_path)
    monkeypatch.setattr(build, "_pack", lambda *_: pytest.fail("packed again"))
    assert build_layer("chat", target=HOST, out=tmp_path) == built


def test_a_change_of_the_domain_is_another_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "layers" / "chat" / "python" / "chat"
    source.mkdir(parents=True)
    (source / "__init__.py").write_text("VERSION = 1\n")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    before = build_layer("chat", target=HOST, out=tmp_path)
    (source / "__init__.py").write_text("VERSION = 2\n")
    after = build_layer("chat", target=HOST, out=tmp_path)
    assert before.zip != after.zip
    assert before.sha256 != after.sha256


def test_bytecode_of_a_test_run_is_no_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "layers" / "chat" / "python" / "chat"
    (source / "__pycache__").mkdir(parents=True)
    (source / "__init__.py").write_text("VERSION = 1\n")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    before = build_layer("chat", target=HOST, out=tmp_path)
    (source / "__pycache__" / "__init__.cpython-399.pyc").write_bytes(b"stale")
    assert build_layer("chat", target=HOST, out=tmp_path) == before


def test_bytecode_is_taken_whatever_the_files_times_and_names_the_runtimes_path() -> None:
    layer = build_layer("chat", target=HOST)
    with zipfile.ZipFile(layer.zip) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
        sources = [name for name in archive.namelist() if name.endswith(".py")]
        assert len(compiled) == len(sources)
        for name in compiled:
            bytecode = archive.read(name)
            assert int.from_bytes(bytecode[4:8], "little") == UNCHECKED_HASH
            assert marshal.loads(bytecode[16:]).co_filename.startswith("/opt/python/chat/")  # noqa: S302  # our own


def test_a_layer_for_another_python_has_that_pythons_bytecode_or_none(tmp_path: Path) -> None:
    layer = build_layer("chat", target=LAMBDA, out=tmp_path)
    tags = {name.rsplit(".", 2)[1] for name in names(layer.zip) if name.endswith(".pyc")}
    assert tags in ({f"cpython-{LAMBDA.python.replace('.', '')}"}, set())


def test_without_an_interpreter_of_the_target_layers_have_no_bytecode_and_the_build_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    layer = build_layer("chat", target=Target(python="3.99", platform="aarch64-manylinux_2_28"), out=tmp_path)
    assert not [name for name in names(layer.zip) if name.endswith(".pyc")]
    build_layer("chat", target=Target(python="3.99", platform="aarch64-manylinux_2_28"), out=tmp_path)
    assert [record.message for record in caplog.records if "No Python 3.99" in record.message] != []
    assert len(caplog.records) == 1


def test_the_data_layer_leaves_to_the_runtime_what_it_brings() -> None:
    found = packages(build_layer("data", target=HOST).zip)
    assert "pynamodb" in found
    assert not found & {name.replace("python-", "").replace("-", "_") for name in BROUGHT_BY_RUNTIME}


def test_each_layer_holds_its_group() -> None:
    assert {"aws_lambda_powertools", "msgspec", "orjson", "pycurl"} <= {
        name.partition(".")[0] for name in packages(build_layer("core", target=HOST).zip)
    }
    assert {"jwt", "cryptography"} <= packages(build_layer("identity", target=HOST).zip)
    assert "PIL" in packages(build_layer("imaging", target=HOST).zip)
    assert packages(build_layer("chat", target=HOST).zip) == {"chat"}


@pytest.mark.parametrize("name", ["core", "identity"])
def test_a_layer_has_no_scripts_no_stubs_and_no_record_of_its_installation(name: str) -> None:
    for entry in names(build_layer(name, target=HOST).zip):
        assert not entry.startswith("python/bin/")
        assert not entry.endswith((".pyi", "/RECORD", "/INSTALLER", ".lock"))


def test_licences_travel_with_what_they_license() -> None:
    entries = names(build_layer("identity", target=HOST).zip)
    assert any("cryptography" in entry and "LICENSE" in entry for entry in entries)


def test_all_layers_of_a_function_fit_into_lambda() -> None:
    unpacked = 0
    for name in build.NAMES:
        with zipfile.ZipFile(build_layer(name, target=HOST).zip) as archive:
            unpacked += sum(entry.file_size for entry in archive.infolist())
    assert unpacked < 250_000_000, "Lambda's limit for code and layers together, unpacked"


def test_a_group_that_is_not_locked_is_refused_with_the_reason() -> None:
    with pytest.raises(LayerError, match="layer-nothing"):
        build_layer("nothing", target=HOST)
