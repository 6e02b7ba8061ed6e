"""Lays out what the image of a group of functions is built from: the same layers and handlers that zips have.

A folder has the Dockerfile and all that it copies: `docker build` needs nothing else, and until then no Docker is
needed. Folders lie in `build/images`, named by a key over everything in them: a second time costs nothing. Knows
nothing of CDK.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from layers.build import ROOT, Layer

DEFAULT_OUT = ROOT / "build" / "images"
DOCKERFILE = ROOT / "containers" / "function" / "Dockerfile"
FUNCTIONS = ROOT / "functions"


def lay_out(group: str, layers: Sequence[Layer], *, out: Path = DEFAULT_OUT) -> Path:
    """The folder for `functions/GROUP` with these layers, of which a later one's files replace an earlier one's."""
    folder = out / f"{group}-{_key(group, layers)[:16]}"
    if not folder.exists():
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".{group}-") as scratch:
            made = Path(scratch) / "context"
            _fill(made, group, layers)
            try:
                made.rename(folder)
            except OSError:  # not empty: somebody else has laid out the same meanwhile
                if not folder.exists():
                    raise
    return folder


def _fill(made: Path, group: str, layers: Sequence[Layer]) -> None:
    for layer in layers:
        with zipfile.ZipFile(layer.zip) as archive:
            archive.extractall(made / "opt")
    for source in _sources(group):
        copied = made / "functions" / source.relative_to(FUNCTIONS)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copied)
    shutil.copyfile(DOCKERFILE, made / "Dockerfile")


def _sources(group: str) -> Iterator[Path]:
    """The package and the group's modules, in one order everywhere."""
    yield FUNCTIONS / "__init__.py"
    yield from sorted((FUNCTIONS / group).rglob("*.py"))


def _key(group: str, layers: Sequence[Layer]) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes() + DOCKERFILE.read_bytes())
    for layer in layers:
        digest.update(layer.sha256.encode())
    for source in _sources(group):
        digest.update(source.relative_to(FUNCTIONS).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()
