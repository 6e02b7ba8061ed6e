"""Entry point of `make pipeline`: context in, the stack of the delivery pipeline with all that it deploys out."""

from __future__ import annotations

import sys

import aws_cdk as cdk

from cdk.checks import add_checks
from cdk.config import ConfigError
from cdk.config.pipeline import read_pipeline
from cdk.stacks.pipeline import PipelineStack
from layers.build import LayerError, Target


def build(app: cdk.App, *, layer_target: Target | None = None) -> cdk.App:
    """Adds `chat-pipeline` to `app`. Raises as `cdk.app.build`."""
    context: dict[str, object] = app.node.get_all_context()
    if context.get("nag"):
        add_checks(app)
    PipelineStack(app, "chat-pipeline", config=read_pipeline(context), layer_target=layer_target)
    return app


def main() -> None:
    """Synthesizes; a mistake in the context ends in one line, not in a stack trace."""
    try:
        build(cdk.App()).synth()
    except (ConfigError, LayerError) as error:
        sys.exit(f"\nThe pipeline can't be synthesized: {error}\n")


if __name__ == "__main__":
    main()
