"""How a function's code and libraries reach Lambda: a zip of its group beside layers, or a container image of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.config import ROOT, StageConfig
from layers.build import Target, build_layer
from layers.images import lay_out


class Packages(Construct):
    """What the functions of a stack are made of, built when the first asks for it.

    Each stack has layers of its own: of an export CloudFormation changes nothing while another stack imports it, and a
    layer's version is new with every change of its code.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, target: Target) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self._target = target
        self._versions: dict[str, lambda_.LayerVersion] = {}

    def of(self, handler: str, layers: Sequence[str]) -> dict[str, Any]:
        """What `lambda_.Function` takes of code, handler, runtime and layers. `handler` is GROUP.MODULE."""
        group, _, _ = handler.partition(".")
        entry = f"functions.{handler}.handle"
        if self._config.packaging == "image":
            return {
                "code": self._image(group, layers, entry),
                "handler": lambda_.Handler.FROM_IMAGE,
                "runtime": lambda_.Runtime.FROM_IMAGE,
            }
        return {
            "code": _zip(group),
            "handler": entry,
            "runtime": self._runtime,
            "layers": [self._versions.get(name) or self._add(name) for name in layers],
        }

    @property
    def _runtime(self) -> lambda_.Runtime:
        return lambda_.Runtime(f"python{self._config.python}", lambda_.RuntimeFamily.PYTHON)

    def _image(self, group: str, layers: Sequence[str], entry: str) -> lambda_.Code:
        """One image for all functions of the group with these layers: they differ in the command alone."""
        built = [build_layer(name, target=self._target) for name in layers]
        arm = self._config.architecture == "arm64"
        return lambda_.Code.from_asset_image(
            str(lay_out(group, built)),
            asset_name=f"{group}-{'-'.join(layers)}",
            build_args={"PYTHON": self._config.python},
            cmd=[entry],
            platform=ecr_assets.Platform.LINUX_ARM64 if arm else ecr_assets.Platform.LINUX_AMD64,
        )

    def _add(self, name: str) -> lambda_.LayerVersion:
        layer = build_layer(name, target=self._target)
        version = self._versions[name] = lambda_.LayerVersion(
            self,
            name.capitalize(),
            code=lambda_.Code.from_asset(
                str(layer.zip), asset_hash=layer.sha256, asset_hash_type=cdk.AssetHashType.CUSTOM
            ),
            compatible_runtimes=[self._runtime],
            compatible_architectures=[architecture_of(self._config)],
            description=f"chat {self._config.name}: {name}",
            # The functions of an earlier deployment keep the version they were published with.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        return version


def architecture_of(config: StageConfig) -> lambda_.Architecture:
    """What the stage's functions run on."""
    return lambda_.Architecture.ARM_64 if config.architecture == "arm64" else lambda_.Architecture.X86_64


def _zip(group: str) -> lambda_.Code:
    """The package `functions` with one group in it. Patterns are anchored at the root, as in a .gitignore."""
    exclude = ["/*", "!/functions", "/functions/*", "!/functions/__init__.py", f"!/functions/{group}", "__pycache__"]
    return lambda_.Code.from_asset(str(ROOT), exclude=exclude, ignore_mode=cdk.IgnoreMode.GIT)
