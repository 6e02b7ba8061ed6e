"""What a stage is told by the command line (`make doctor CONTEXT="…"`), read as the CDK application reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from operations.doctor.findings import Finding, failed, ok, skipped

if TYPE_CHECKING:
    from cdk.config import StageConfig


def look(stage: str, context: Sequence[str], root: Path) -> Iterator[Finding]:
    """Whether the stage could be described so."""
    try:
        described(stage, context, root)
    except ImportError as error:
        yield skipped("stage", f"its configuration can't be read before `make setup` ({error})")
    except ValueError as error:
        yield failed(
            "stage", str(error), f'make doctor STAGE={stage} CONTEXT="name=value …" (docs/how-to/environment.md)'
        )
    else:
        yield ok("stage", f"{stage}: its configuration makes sense")


def described(stage: str, context: Sequence[str], root: Path) -> StageConfig:
    """The stage with this context. Raises `ValueError` with what to change, `ImportError` where nothing is set up."""
    sources = str(root / "layers" / "chat" / "python")
    if sources not in sys.path:
        sys.path.append(sources)
    from cdk.config import STAGES, ConfigError, read_context  # noqa: PLC0415  # not before anything is set up

    # The page is built when it is deployed, so nothing has to be there yet but its source.
    values = {"site_files": str(root / "web"), "stage": stage, **_pairs(context)}
    if stage == "local":
        values.setdefault("websocket_endpoint", "ws://127.0.0.1:4510")
    read: set[str] = set()

    def value_of(name: str) -> str | None:
        read.add(name)
        return values.get(name)

    try:
        config = read_context(value_of)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    unread = values.keys() - read - {"site_files"}
    if unread:
        raise ValueError(f"Stage {stage} reads no context {', '.join(sorted(unread))} (of stages {', '.join(STAGES)}).")
    return config


def _pairs(context: Sequence[str]) -> dict[str, str]:
    pairs = dict(part.partition("=")[::2] for part in context)
    if nameless := [part for part in context if "=" not in part]:
        raise ValueError(f"Context is NAME=VALUE, not {', '.join(nameless)}.")
    return pairs
