"""Builds the Lambda layers as zips, without Docker and from the lock alone: `python -m layers.build --stage dev`.

A third-party layer is one dependency group of pyproject.toml (`layer-core`, …) as the lock pins it, in wheels for the
target; the chat layer is the domain's sources. Both carry bytecode that the interpreter takes without looking at
time stamps. Two builds of one lock give the same bytes, so CloudFormation sees a new layer only when one changed.

Zips lie in `build/layers`, named by a key over everything that decides their content: a second build costs nothing.
Knows nothing of CDK.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_OUT = ROOT / "build" / "layers"

LAMBDA_PYTHON = "3.13"
LAMBDA_PLATFORM = "aarch64-manylinux_2_28"
"""Amazon Linux 2023, which Lambda's Python 3.13 runs on, has glibc 2.34: wheels for 2.28 load there."""

CHAT = "chat"
THIRD_PARTY = ("core", "data", "identity", "imaging", "transcoding", "wallet")
NAMES = (CHAT, *THIRD_PARTY)

BROUGHT_BY_RUNTIME = frozenset({"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"})
"""What the Lambda runtime brings: left out of the layer `data`, and locked with it only to be resolved together.

The layer `core` keeps its jmespath: the Powertools logger imports it, and 80 KB make it independent of the runtime.
"""

MOUNT = "/opt/python"
"""Where Lambda puts a layer's `python` folder: the path that tracebacks show, written into the bytecode."""

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_BUILDER = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


class LayerError(Exception):
    """A layer could not be built; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a layer will run on. `platform` is uv's name for it; None is this machine."""

    python: str
    platform: str | None

    @property
    def label(self) -> str:
        """A name for files: `py3.13-aarch64-manylinux_2_28`."""
        return f"py{self.python}-{self.platform or f'{platform.system()}-{platform.machine()}'.lower()}"


LAMBDA = Target(python=LAMBDA_PYTHON, platform=LAMBDA_PLATFORM)
HOST = Target(python=f"{sys.version_info.major}.{sys.version_info.minor}", platform=None)
"""Stage local: the emulator runs functions on the Python and the processor it runs on itself."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A built layer: its zip, and the SHA-256 of the zip's bytes in hexadecimal."""

    name: str
    zip: Path
    sha256: str


def build_layer(
    name: str, *, target: Target, out: Path = DEFAULT_OUT, allow_python_download: bool = False, cached: bool = True
) -> Layer:
    """Builds the layer `name`, or returns the zip of an earlier build with the same key unless `cached` is False.

    Raises `LayerError` where a group has no wheel for the target, uv is missing, or a program that it needs failed.
    """
    requirements = "" if name == CHAT else _locked_requirements(name)
    compiler = _find_interpreter(target, allow_download=allow_python_download)
    key = _content_key(name, requirements, target, compiler)
    path = out / f"{name}-{target.label}-{key[:16]}.zip"
    if not (cached and path.exists()):
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".{name}-") as scratch:
            tree = Path(scratch) / "python"
            if name == CHAT:
                _copy_sources(ROOT / "layers" / CHAT / "python", tree)
            else:
                _install(requirements, tree, target)
                _prune(tree)
            if compiler:
                _compile(tree, compiler)
            packed = Path(scratch) / path.name
            _pack(tree, packed)
            packed.replace(path)
    return Layer(name=name, zip=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _content_key(name: str, requirements: str, target: Target, compiler: Compiler | None) -> str:
    digest = hashlib.sha256()
    for part in (_BUILDER, name, requirements, target.label, compiler.version if compiler else "no bytecode"):
        digest.update(part.encode() + b"\0")
    if name == CHAT:
        source = ROOT / "layers" / CHAT / "python"
        for path in _sources(source):
            digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _locked_requirements(name: str) -> str:
    """The group `layer-NAME` as the lock pins it, with hashes, less what the runtime brings."""
    command = ["export", "--frozen", "--offline", "--quiet", "--no-header", "--no-annotate", "--no-emit-project"]
    left_out = sorted(BROUGHT_BY_RUNTIME) if name == "data" else []
    for package in left_out:
        command += ["--no-emit-package", package]
    return _uv([*command, "--only-group", f"layer-{name}"])


def _install(requirements: str, tree: Path, target: Target) -> None:
    listed = tree.parent / "requirements.txt"
    listed.write_text(requirements)
    command = ["pip", "install", "--quiet", "--no-config", "--target", str(tree), "--requirements", str(listed)]
    command += ["--only-binary", ":all:", "--no-deps", "--require-hashes", "--link-mode", "copy"]
    if target.platform:
        command += ["--python-platform", target.platform, "--python-version", target.python]
    else:
        command += ["--python", sys.executable]
    try:
        _uv([*command, "--offline"])
    except LayerError:
        # Something is not in uv's cache yet: fetch it, with a clean start.
        shutil.rmtree(tree, ignore_errors=True)
        _uv(command)


def _prune(tree: Path) -> None:
    """Removes what no function imports: scripts, type stubs, tests inside packages, and the installer's own records.

    Metadata and licences stay: libraries read their version there, and the licences ask for it.
    """
    shutil.rmtree(tree / "bin", ignore_errors=True)
    # pycryptodome keeps its tests, three quarters of its size, in the package under another name.
    for folder in [path for name in ("tests", "SelfTest") for path in tree.glob(f"*/**/{name}") if path.is_dir()]:
        shutil.rmtree(folder)
    for pattern in (
        "*.pyi",
        "**/*.pyi",
        "*.dist-info/RECORD",
        "*.dist-info/INSTALLER",
        "*.dist-info/REQUESTED",
        ".lock",
    ):
        for path in list(tree.glob(pattern)):
            path.unlink(missing_ok=True)


def _sources(folder: Path) -> Iterator[Path]:
    """The files of the domain, in one order everywhere; bytecode of test runs lies between them and is no source."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def _copy_sources(source: Path, tree: Path) -> None:
    for path in _sources(source):
        copied = tree / path.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """An interpreter of the target's minor version. `version` is its full one."""

    executable: str
    version: str


@cache
def _find_interpreter(target: Target, *, allow_download: bool) -> Compiler | None:
    """An interpreter whose bytecode the target can read, or None: then functions compile at each cold start."""
    if target == HOST:
        return Compiler(executable=sys.executable, version=platform.python_version())
    search = ["python", "find", "--no-project", "--no-config", target.python]
    # pyenv's shims answer only for a version that was chosen; without pyenv the variable means nothing.
    environ = {"PYENV_VERSION": target.python}
    try:
        executable = _uv([*search, *([] if allow_download else ["--no-python-downloads"])], environ).strip()
    except LayerError:
        logger.warning(
            "No Python %s on this machine: layers are built without bytecode, and cold starts take longer. "
            "`uv python install %s` adds one.",
            target.python,
            target.python,
        )
        return None
    return Compiler(
        executable=executable,
        version=_run([executable, "-c", "import platform; print(platform.python_version())"]).strip(),
    )


def _compile(tree: Path, compiler: Compiler) -> None:
    """Writes bytecode that is valid whatever the files' times (Lambda's zips date them 1980) and names `MOUNT`.

    One process and a fixed hash seed: the order of a set literal's members must not depend on the build.
    """
    command = [compiler.executable, "-I", "-m", "compileall", "-q", "-j", "1", "-r", "50"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", MOUNT, str(tree)]
    _run(command, {"PYTHONHASHSEED": "0"})


def _pack(tree: Path, packed: Path) -> None:
    """One zip for one tree: sorted names, one time stamp, modes reduced to readable (and executable where it was)."""
    with zipfile.ZipFile(packed, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(tree.rglob("*"), key=lambda found: found.relative_to(tree).as_posix()):
            if path.is_dir():
                continue
            entry = zipfile.ZipInfo(f"python/{path.relative_to(tree).as_posix()}", _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if os.access(path, os.X_OK) and path.suffix == ".so" else 0o100644) << 16
            archive.writestr(entry, path.read_bytes())


def _uv(arguments: Sequence[str], environ: dict[str, str] | None = None) -> str:
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if not uv:
        raise LayerError("uv is not installed; `make setup` puts it into .venv.")
    return _run([uv, *arguments], environ)


def _run(command: Sequence[str], environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(environ or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LayerError(
            f"`{' '.join(command)}` failed with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
        )
    return done.stdout


def target_of(stage: str) -> Target:
    """The target of a stage's functions: this machine for local, Lambda for every other."""
    return HOST if stage == "local" else LAMBDA


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds every layer of a stage and prints one line for each."""
    parser = argparse.ArgumentParser(prog="python -m layers.build", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stage", default="dev", help="local builds for this machine, any other for Lambda (arm64)")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where the zips go (default: build/layers)")
    parser.add_argument("--layer", choices=NAMES, action="append", help="only this one; may be repeated")
    parser.add_argument("--rebuild", action="store_true", help="build even what is there already")
    parser.add_argument("--allow-python-download", action="store_true", help="let uv fetch a Python to compile with")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        for name in options.layer or NAMES:
            layer = build_layer(
                name,
                target=target_of(options.stage),
                out=options.out,
                allow_python_download=options.allow_python_download,
                cached=not options.rebuild,
            )
            size_mb = layer.zip.stat().st_size / 1e6
            logger.info("%-9s %6.2f MB  %s  %s", layer.name, size_mb, layer.sha256[:16], layer.zip.name)
    except LayerError as error:
        logger.error("%s", error)  # noqa: TRY400  # a message for whoever runs it: the trace says nothing more
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
