r"""Selection expressions: which route a message takes. Pure, and knows nothing of routes.

The language (AWS, "WebSocket selection expressions"): a variable starts with `$`, braces may bound it, `\$` is a
dollar sign, and several variables and literal text may be mixed: `$request.body.action`, `${request.body.type}-v2`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

DEFAULT: Final = "$default"

_VARIABLE = re.compile(r"\$\{(?P<braced>[^}]*)\}|\$(?P<bare>[A-Za-z][\w.\[\]-]*)|\\(?P<escaped>\$)")
_BODY = "request.body."
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


class SelectionError(ValueError):
    """The expression uses something this gateway does not evaluate; the text names it."""


@dataclass(frozen=True, slots=True)
class _Path:
    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class RouteSelection:
    """A parsed `routeSelectionExpression`."""

    parts: tuple[str | _Path, ...]

    @classmethod
    def parse(cls, expression: str) -> RouteSelection:
        """Raises `SelectionError` for a variable outside of `request.body`."""
        parts: list[str | _Path] = []
        position = 0
        for match in _VARIABLE.finditer(expression):
            parts.append(expression[position : match.start()])
            position = match.end()
            if match["escaped"]:
                parts.append("$")
            else:
                parts.append(_Path(_parse_path(match["braced"] or match["bare"] or "")))
        parts.append(expression[position:])
        return cls(tuple(part for part in parts if part != ""))

    def evaluate(self, body: str) -> str | None:
        """The key that `body` selects; None where it is not JSON or lacks a value for one of the variables."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return None
        words = [part if isinstance(part, str) else _look_up(document, part) for part in self.parts]
        return None if None in words else "".join(word for word in words if word is not None)


def evaluate_constant(expression: str | None) -> str:
    r"""What a template selection expression without variables selects: `200`, or `\$default` for `$default`."""
    return (expression or DEFAULT).replace("\\$", "$")


def _parse_path(name: str) -> tuple[str | int, ...]:
    if not name.startswith(_BODY):
        raise SelectionError(f"selection expressions here know $request.body.…, not ${name}")
    return tuple(int(step[1:-1]) if step[0] == "[" else step for step in _STEP.findall(name.removeprefix(_BODY)))


def _look_up(document: object, path: _Path) -> str | None:
    for step in path.steps:
        if isinstance(step, int):
            if not isinstance(document, list) or step >= len(document):
                return None
            document = document[step]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            return None
    if isinstance(document, bool):
        return "true" if document else "false"
    return str(document) if isinstance(document, str | int | float) else None
