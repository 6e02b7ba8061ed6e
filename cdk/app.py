"""Entry point of `cdk synth` and `cdk deploy`: context in, the stacks of one stage out."""

from __future__ import annotations

import sys

import aws_cdk as cdk

from cdk.checks import add_checks
from cdk.config import ConfigError, read_context
from cdk.stage import add_stage
from layers.build import LayerError, Target


def build(app: cdk.App, *, layer_target: Target | None = None) -> cdk.App:
    """Adds the stage that the context names to `app`.

    `layer_target` is what layers are built for; None is what the stage's functions run on.
    Raises `ConfigError` for a stage that is unknown or lacks something, `LayerError` where a layer can't be built.
    """
    config = read_context(app.node.try_get_context)
    if app.node.try_get_context("nag"):
        add_checks(app)
    add_stage(app, config, layer_target=layer_target)
    return app


def main() -> None:
    """Synthesizes; a mistake in the context ends in one line, not in a stack trace."""
    try:
        build(cdk.App()).synth()
    except (ConfigError, LayerError) as error:
        sys.exit(f"\nThis stage can't be synthesized: {error}\n")


if __name__ == "__main__":
    main()
