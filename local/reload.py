"""Makes a change in the sources live in a running local stack, within seconds and without a deployment.

A changed function group is zipped as its CDK asset is and given to its functions; a changed domain becomes a new
version of the `chat` layer; a change of the infrastructure is deployed. Code that does not compile or can't be
imported is reported and the functions keep what they have.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import watchfiles
from botocore.exceptions import BotoCoreError, ClientError

from layers.build import CHAT, HOST, LayerError, build_layer
from local.emulator import REGION
from local.endpoints import STAGE, Endpoint
from local.errors import LocalError
from local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from threading import Event

    from local.deployment import Deployment

FUNCTIONS = ROOT / "functions"
DOMAIN = ROOT / "layers" / CHAT / "python"
INFRASTRUCTURE = ROOT / "cdk"
SETTLE_MS = 300
"""How long the files must be still: an editor or a branch switch writes several at once."""
DOMAIN_LAYER = f"chat {STAGE}: {CHAT}"
"""The description that the infrastructure gives the domain's layer; its name is CloudFormation's."""
LAST_LINES = 6
IMPORT = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"


class BrokenCodeError(Exception):
    """The changed code can't run. The message is what Python says, its last lines."""


@dataclass(frozen=True)
class Function:
    """A deployed function, as far as its code goes."""

    name: str
    module: str
    layers: tuple[str, ...]
    environment: dict[str, str]

    @property
    def group(self) -> str:
        """The folder in `functions/` that its code is in."""
        return self.module.split(".")[1]


@dataclass
class Reloader:
    """Keeps the functions of one stack at the state of the sources. `report` hears one line for each change."""

    endpoint: Endpoint
    deployment: Deployment
    report: Callable[[str], None]
    _lambda: Any = field(init=False)

    def __post_init__(self) -> None:
        """Connects to the emulator's Lambda."""
        self._lambda = self.endpoint.client("lambda")

    def watch(self, stop: Event) -> None:
        """Applies every change of the sources until `stop` is set."""
        places = (FUNCTIONS, DOMAIN, INFRASTRUCTURE)
        for changes in watchfiles.watch(*places, stop_event=stop, debounce=SETTLE_MS, step=50, watch_filter=is_source):
            self.apply({ROOT.joinpath(path) for _change, path in changes})

    def apply(self, changed: set[Path]) -> None:
        """Makes the changed files live and says so, or says why not."""
        started = time.monotonic()
        try:
            done = list(self._apply(changed))
        except BrokenCodeError as error:
            self.report(f"not reloaded, the functions keep their code:\n{error}")
        except (LocalError, LayerError, BotoCoreError, ClientError) as error:
            self.report(f"not reloaded: {error}")
        else:
            self.report(f"reloaded {', '.join(done)} ({time.monotonic() - started:.1f} s)")

    def apply_all(self) -> None:
        """Gives every function the code of the sources, whatever it has."""
        functions = self._functions()
        self._replace_domain(functions)
        for group in sorted({function.group for function in functions}):
            self._replace_group(group, functions)
        self.deployment.remember_reload(reloaded=False)

    def _apply(self, changed: set[Path]) -> Iterator[str]:
        if any(path.is_relative_to(INFRASTRUCTURE) for path in changed):
            self.report("the infrastructure changed: deploying it (cdk deploy)")
            self.deployment.deploy(self.report)
            yield "the infrastructure"
            return
        functions = self._functions()
        groups = {path.relative_to(FUNCTIONS).parts[0] for path in changed if path.is_relative_to(FUNCTIONS)}
        affected = [function for function in functions if function.group in groups or len(groups) == 0]
        check_code(changed, affected)
        self.deployment.remember_reload()
        if any(path.is_relative_to(DOMAIN) for path in changed):
            yield f"the domain in {self._replace_domain(functions)} functions"
        for group in sorted(groups):
            yield f"functions/{group} in {self._replace_group(group, functions)} functions"

    def _functions(self) -> list[Function]:
        """The functions of this repository that are deployed in the stage."""
        pages = self._lambda.get_paginator("list_functions").paginate()
        found = [each for page in pages for each in page["Functions"]]
        return [
            Function(
                name=each["FunctionName"],
                module=each["Handler"].rpartition(".")[0],
                layers=tuple(layer["Arn"] for layer in each.get("Layers", [])),
                environment=each.get("Environment", {}).get("Variables", {}),
            )
            for each in found
            if each["FunctionName"].startswith(f"chat-{STAGE}-") and each["Handler"].startswith("functions.")
        ]

    def _replace_group(self, group: str, functions: Iterable[Function]) -> int:
        """Gives the functions of one group the code of the sources; returns how many there are."""
        code = zip_group(group)
        affected = [function for function in functions if function.group == group]
        for function in affected:
            self._lambda.update_function_code(FunctionName=function.name, ZipFile=code)
        return len(affected)

    def _replace_domain(self, functions: Iterable[Function]) -> int:
        """Gives the functions the domain of the sources, as new versions of its layers; returns how many use it."""
        code = build_layer(CHAT, target=HOST).zip.read_bytes()
        made = {name: self._publish_domain(name, code) for name in self._find_domain_layers()}
        users = [function for function in functions if not made.keys().isdisjoint(map(layer_name, function.layers))]
        for function in users:
            layers = [made.get(layer_name(arn), arn) for arn in function.layers]
            self._lambda.update_function_configuration(FunctionName=function.name, Layers=layers)
        return len(users)

    def _publish_domain(self, name: str, code: bytes) -> str:
        """The ARN of the new version of the layer."""
        made = self._lambda.publish_layer_version(LayerName=name, Description=DOMAIN_LAYER, Content={"ZipFile": code})
        return str(made["LayerVersionArn"])

    def _find_domain_layers(self) -> list[str]:
        """The names of the deployed layers with the domain in them, one a stack. Raises `LocalError` without any."""
        found = [
            str(layer["LayerName"])
            for page in self._lambda.get_paginator("list_layers").paginate()
            for layer in page["Layers"]
            if layer["LatestMatchingVersion"].get("Description") == DOMAIN_LAYER
        ]
        if not found:
            raise LocalError(f"No layer described as “{DOMAIN_LAYER}” is deployed.")
        return found


def layer_name(arn: str) -> str:
    """The layer's name in the ARN of one of its versions."""
    return arn.split(":")[6]


def is_source(_change: watchfiles.Change, path: str) -> bool:
    """Whether a changed file is one that is deployed."""
    return path.endswith((".py", ".json")) and "__pycache__" not in path


def zip_group(group: str) -> bytes:
    """The code asset of a function group: the package `functions` with that group alone in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in [FUNCTIONS / "__init__.py", *sorted((FUNCTIONS / group).rglob("*"))]:
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(ROOT))
    return packed.getvalue()


def check_code(changed: Iterable[Path], affected: Iterable[Function]) -> None:
    """Raises `BrokenCodeError` unless the changed modules compile and the affected handlers can be imported."""
    for path in changed:
        if path.suffix == ".py" and path.exists():
            try:
                compile(path.read_bytes(), str(path.relative_to(ROOT)), "exec")
            except SyntaxError as error:
                raise BrokenCodeError(f"    {error.filename}, line {error.lineno}: {error.msg}") from error
    handlers = list(affected)
    variables = {name: value for function in handlers for name, value in function.environment.items()}
    modules = sorted({function.module for function in handlers})
    tried = subprocess.run(
        [sys.executable, "-c", IMPORT, *modules],
        cwd=ROOT,
        env={**os.environ, **variables, "AWS_REGION": REGION, "PYTHONPATH": os.pathsep.join([str(ROOT), str(DOMAIN)])},
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        raise BrokenCodeError("\n".join(f"    {line}" for line in tried.stderr.splitlines()[-LAST_LINES:]))
