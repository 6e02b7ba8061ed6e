"""Numbers of the stage, and how they are written: as JSON, or as Prometheus reads them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
JSON = "application/json"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
FORMATS = (JSON, PROMETHEUS, OPENMETRICS)
"""Of equals the first is given."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the last whole minute that has one. `name` is as Prometheus takes it."""

    name: str
    labels: dict[str, str]
    value: float
    at_ms: int


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """All samples that were read at `read_at_ms`."""

    read_at_ms: int
    samples: list[Sample]


def metric_name(*words: str) -> str:
    """`chat_lambda_errors` of `AWS/Lambda` and `Errors`: letters, digits and underscores only."""
    joined = "_".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word.removeprefix("AWS/")) for word in words)
    return "chat_" + re.sub(r"[^a-z0-9]+", "_", joined.lower()).strip("_").removeprefix("chat_")


def text(samples: Iterable[Sample], content_type: str) -> str:
    """The samples as gauges: each is of one minute, so a sum of them goes up and down."""
    lines: list[str] = []
    last = None
    for sample in sorted(samples, key=lambda each: (each.name, sorted(each.labels.items()))):
        if sample.name != last:
            lines.append(f"# TYPE {sample.name} gauge")
            last = sample.name
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(sample.labels.items()))
        lines.append(f"{sample.name}{{{labels}}} {sample.value}")
    if content_type == OPENMETRICS:
        lines.append("# EOF")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
