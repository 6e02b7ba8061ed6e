"""Each handler imported as Lambda would: from its own zip and its layers, in an interpreter that sees nothing else."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.test_functions import LAYERS, layers_of
from tests.infrastructure.test_permissions import CAPACITY

RUNTIME_BRINGS = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "jmespath", "six")
HEAVY = {"boto3", "botocore", "pydantic", "urllib3", "requests", "s3transfer", "dateutil", "aws_xray_sdk"}
"""What costs a cold start more than a handler's own work: ~300 ms for boto3, ~100 ms for pydantic."""
SERVERS = {"http.server", "socketserver", "multiprocessing", "concurrent.futures.process", "unittest", "asyncio"}
"""Parts of the standard library that a handler which waits for one frame has no use for."""

CODE_KB = 120
"""A group's own code, packed."""

LAYERS_MB = {"chat": 1.6, "core": 10, "data": 0.5, "identity": 7, "imaging": 14, "transcoding": 45, "wallet": 6}
"""What each layer may weigh, packed: what is loaded at a cold start is some of it, what is uploaded is all."""

HOT = [name for name in LAYERS if name.startswith(("connect.", "message."))]

SCRIPT = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
module = importlib.import_module(sys.argv[2])
assert callable(module.handle), "no handler"
print(json.dumps(sorted(sys.modules)))
"""

BOTO3 = {"ops.console", "ops.dead_letters", "ops.edge_logs", "ops.scaling", *CAPACITY}
"""Functions that take it from the runtime, without the layer that has PynamoDB beside it."""


def code_of(assembly: Assembly, resource: Resource, field: str) -> Path:
    """The file or folder that a function's code or a layer's content is uploaded from."""
    key = resource[field]["S3Key"]
    manifest = json.loads((assembly.outdir / f"chat-{assembly.stage}-{resource.stack}.assets.json").read_text())
    return assembly.outdir / str(manifest["files"][key.removesuffix(".zip")]["source"]["path"])


@pytest.fixture(scope="session")
def layer_folders(local: Assembly, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each layer of stage local, unpacked."""
    folders = {}
    for layer in local.of_type("Lambda::LayerVersion"):
        name = str(layer["Description"]).rpartition(": ")[2]
        folders[name] = tmp_path_factory.mktemp(f"layer-{name}")
        with zipfile.ZipFile(code_of(local, layer, "Content")) as archive:
            archive.extractall(folders[name])
    return folders


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Lambda runtime brings, and nothing else of this machine's libraries."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_BRINGS:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def import_alone(handler: str, paths: list[Path]) -> set[str]:
    """Imports a handler with nothing but `paths` and the standard library; the modules that are loaded then."""
    command = [sys.executable, "-I", "-S", "-B", "-c", SCRIPT, json.dumps([str(path) for path in paths])]
    done = subprocess.run([*command, f"functions.{handler}"], capture_output=True, text=True, check=False, env={})
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.fixture(scope="session")
def imported(local: Assembly, prod: Assembly, layer_folders: dict[str, Path], runtime: Path) -> dict[str, set[str]]:
    """The modules that each handler loads: those of stage local, and what else only prod has, on the same layers."""
    loaded = {}
    of_prod = {handler: (prod, function) for handler, function in prod.functions().items()}
    of_local = {handler: (local, function) for handler, function in local.functions().items()}
    for handler, (assembly, function) in {**of_prod, **of_local}.items():
        layers = layers_of(assembly, function)
        paths = [code_of(assembly, function, "Code"), *(layer_folders[name] / "python" for name in sorted(layers))]
        loaded[handler] = import_alone(handler, [*paths, runtime] if "data" in layers or handler in BOTO3 else paths)
    return loaded


@pytest.mark.parametrize("handler", LAYERS)
def test_a_handler_finds_everything_in_its_own_code_and_layers(imported: dict[str, set[str]], handler: str) -> None:
    assert f"functions.{handler}" in imported[handler]


@pytest.mark.parametrize("handler", HOT)
def test_a_hot_function_loads_no_heavy_library(imported: dict[str, set[str]], handler: str) -> None:
    loaded = imported[handler]
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert not loaded & SERVERS


@pytest.mark.parametrize("handler", [name for name in HOT if not LAYERS[name]])
def test_a_function_without_sign_in_loads_no_cryptography(imported: dict[str, set[str]], handler: str) -> None:
    assert not {"cryptography", "jwt", "PIL", "pynamodb"} & imported[handler]


@pytest.mark.parametrize(
    ("layer", "library"),
    [
        ("identity", "cryptography"),
        ("data", "pynamodb"),
        ("imaging", "PIL"),
        ("transcoding", "av"),
        ("wallet", "coincurve"),
    ],
)
def test_only_functions_that_load_a_library_carry_its_layer(
    imported: dict[str, set[str]], layer: str, library: str
) -> None:
    for handler, layers in LAYERS.items():
        assert (layer in layers) == (library in imported[handler]), handler


def test_a_functions_code_is_its_group_and_nothing_else(local: Assembly) -> None:
    for handler, function in local.functions().items():
        folder = code_of(local, function, "Code")
        group, _, module = handler.partition(".")
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert {"functions/__init__.py", f"functions/{group}/__init__.py", f"functions/{group}/{module}.py"} <= files
        assert not [
            name for name in files if name != "functions/__init__.py" and not name.startswith(f"functions/{group}/")
        ]
        assert not [name for name in files if not name.endswith(".py")]


def test_functions_of_a_group_share_one_upload(local: Assembly) -> None:
    uploads: dict[str, set[Path]] = {}
    for handler, function in local.functions().items():
        uploads.setdefault(handler.partition(".")[0], set()).add(code_of(local, function, "Code"))
    assert {group: len(found) for group, found in uploads.items()} == dict.fromkeys(uploads, 1)


def test_what_is_uploaded_stays_small(local: Assembly) -> None:
    layers = {
        str(layer["Description"]).rpartition(": ")[2]: code_of(local, layer, "Content").stat().st_size / 1e6
        for layer in local.of_type("Lambda::LayerVersion")
    }
    assert layers.keys() == LAYERS_MB.keys()
    assert {name: size_mb for name, size_mb in layers.items() if size_mb > LAYERS_MB[name]} == {}
    for handler, function in local.functions().items():
        files = [path for path in code_of(local, function, "Code").rglob("*") if path.is_file()]
        assert sum(len(zlib.compress(path.read_bytes())) for path in files) < CODE_KB * 1_000, handler
