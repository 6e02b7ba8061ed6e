"""Container images: functions with `-c packaging=image`, and the whole application. No image is built here: a file tree
is laid out as the Dockerfiles say, and what an image would start is imported from it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from cdk.config import ROOT, ConfigError
from layers.build import LAMBDA_PYTHON
from local import install
from tests.infrastructure.assembly import DEV, LOCAL, Assembly, synthesize
from tests.infrastructure.dockerfile import Image, lay_out
from tests.infrastructure.test_assets import BOTO3, import_alone, runtime
from tests.infrastructure.test_functions import LAYERS
from tests.infrastructure.test_permissions import NOT_IN_DEV

__all__ = ["runtime"]

DATA = "data"


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Stage dev, its functions as images."""
    return synthesize({**DEV, "packaging": "image"}, tmp_path_factory.mktemp("images"), site_files)


def image_asset(assembly: Assembly, stack: str, uri: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of the image that a function's code is."""
    manifest = json.loads((assembly.outdir / f"chat-{assembly.stage}-{stack}.assets.json").read_text())
    tag = str(uri["Fn::Sub"]).rpartition(":")[2]
    (source,) = [
        image["source"]
        for image in manifest["dockerImages"].values()
        if tag in {destination["imageTag"] for destination in image["destinations"].values()}
    ]
    found: dict[str, Any] = source
    return found


def by_handler(assembly: Assembly) -> dict[str, Any]:
    """All functions of ours by GROUP.MODULE."""
    found = {}
    for function in assembly.of_type("Lambda::Function"):
        if function.properties.get("PackageType") == "Image":
            (command,) = function["ImageConfig"]["Command"]
            found[command.removeprefix("functions.").removesuffix(".handle")] = function
    return found


@pytest.fixture(scope="session")
def laid_out(images: Assembly, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    """The file tree of each handler's image, laid out once an image."""
    trees: dict[str, Image] = {}
    found = {}
    for handler, function in by_handler(images).items():
        source = image_asset(images, function.stack, function["Code"]["ImageUri"])
        if source["directory"] not in trees:
            context = images.outdir / source["directory"]
            root = tmp_path_factory.mktemp(handler)
            trees[source["directory"]] = lay_out(context / "Dockerfile", context, root, source["dockerBuildArgs"])
        found[handler] = trees[source["directory"]]
    return found


@pytest.mark.slow
def test_every_function_is_an_image_with_what_it_has_as_a_zip(images: Assembly, dev: Assembly) -> None:
    zipped, packed = dev.functions(), by_handler(images)
    assert packed.keys() == zipped.keys()
    assert {layer.stack for layer in images.of_type("Lambda::LayerVersion")} == {"edge"}, "whose is CDK's own"
    for handler, function in packed.items():
        assert not {"Runtime", "Handler", "Layers"} & function.properties.keys()
        for name in ("Timeout", "MemorySize", "Architectures", "TracingConfig"):
            assert function[name] == zipped[handler][name], (handler, name)
        assert function["Environment"]["Variables"].keys() == zipped[handler]["Environment"]["Variables"].keys()


@pytest.mark.slow
def test_an_image_is_for_the_processor_and_the_python_of_its_functions(
    images: Assembly, laid_out: dict[str, Image]
) -> None:
    for handler, function in by_handler(images).items():
        source = image_asset(images, function.stack, function["Code"]["ImageUri"])
        assert source["platform"] == "linux/arm64"
        assert laid_out[handler].base == f"public.ecr.aws/lambda/python:{LAMBDA_PYTHON}"
        assert laid_out[handler].ran == [], "what is run would need an arm64 machine, or its emulation"


@pytest.mark.slow
def test_functions_of_a_group_with_the_same_layers_share_an_image(laid_out: dict[str, Image]) -> None:
    shared: dict[Path, set[tuple[str, frozenset[str]]]] = {}
    for handler, image in laid_out.items():
        kind = handler.partition(".")[0], frozenset(LAYERS[handler])
        shared.setdefault(image.root, set()).add(kind)
    assert all(len(kinds) == 1 for kinds in shared.values())
    assert len(shared) == len({kind for kinds in shared.values() for kind in kinds})


@pytest.mark.slow
@pytest.mark.parametrize("handler", [name for name in LAYERS if name not in NOT_IN_DEV])
def test_the_command_of_an_image_is_found_in_it_with_all_that_it_imports(
    laid_out: dict[str, Image], runtime: Path, handler: str
) -> None:
    image = laid_out[handler]
    paths = [image.path("/var/task"), image.path("/opt/python")]
    assert "PYTHONPATH" not in image.variables, "then the base image would not look into /opt/python"
    brought = [runtime] if DATA in LAYERS[handler] or handler in BOTO3 else []
    assert f"functions.{handler}" in import_alone(handler, [*paths, *brought])


@pytest.mark.slow
def test_an_image_has_no_handlers_of_other_groups(laid_out: dict[str, Image]) -> None:
    for handler, image in laid_out.items():
        folders = {path.name for path in image.path("/var/task/functions").iterdir() if path.is_dir()}
        assert folders == {handler.partition(".")[0]}


def test_what_is_no_way_of_packaging_is_refused(tmp_path: Path, site_files: Path) -> None:
    with pytest.raises(ConfigError, match="packaging is zip or image, not 'tar'"):
        synthesize({**DEV, "packaging": "tar"}, tmp_path, site_files)
    with pytest.raises(ConfigError, match="Stage local runs functions as processes"):
        synthesize({**LOCAL, "packaging": "image"}, tmp_path, site_files)


LOCAL_IMAGE = ROOT / "containers" / "local" / "Dockerfile"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image of the whole application, from what git has: all that `.dockerignore` leaves is among it."""
    context = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            (context / name).symlink_to(ROOT / name)
    return lay_out(LOCAL_IMAGE, context, tmp_path_factory.mktemp("application"), {})


def test_the_applications_image_has_a_python_that_the_project_runs_on(application: Image) -> None:
    tag = application.base.rpartition(":")[2].removesuffix("-slim")
    assert install.OLDEST <= tuple(int(part) for part in tag.split(".")) <= install.NEWEST


def test_the_applications_image_installs_from_the_locks_that_are_in_it(application: Image) -> None:
    (_, installing) = application.ran
    program, script = installing.split()
    assert (program, application.path(script).is_file()) == ("python", True)
    for name in ("pyproject.toml", "uv.lock", "package.json", "package-lock.json", "README.md", "web/package.json"):
        assert application.path(name).is_file(), name


def test_what_the_applications_image_starts_is_in_it(application: Image) -> None:
    program, flag, module = application.command
    assert (program, flag) == ("python", "-m")
    libraries = sysconfig.get_paths()["purelib"]
    paths = [str(application.path(".")), str(application.path("layers/chat/python")), libraries]
    script = f"import sys; sys.path[:0] = {paths!r}; import {module} as found; print(found.__file__)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == application.path("local/dev.py")
