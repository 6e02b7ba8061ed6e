"""The golden frames of `tests/frames`: what the tests of every client decode is what the documents show.

One file a kind: `commands/<action>.json`, `acks/<action>.json`, `events/<type>.json` and `errors/error.json`, each
`{"frames": [{"about": …, "frame": …}, …]}`, the first frame the plainest. `lists` has several in one, `newer` what only
a newer server sends, `tails` what is no frame but an answer over HTTP. `invalid` has, instead of the frame, its text
and the error's `code` and `id` that it must give.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Example:
    """One frame, and what it shows."""

    about: str
    frame: Any


@dataclass(frozen=True)
class Examples:
    """All of them, by the path of their file without its ending, such as `commands/send`."""

    by_kind: dict[str, tuple[Example, ...]]

    @classmethod
    def read(cls, directory: Path) -> Examples:
        """Every file below `directory`."""
        found = {}
        for path in sorted(directory.rglob("*.json")):
            content = json.loads(path.read_text())
            kind = path.relative_to(directory).with_suffix("").as_posix()
            found[kind] = tuple(Example(item["about"], item["frame"]) for item in content["frames"] if "frame" in item)
        return cls(found)

    def of(self, kind: str) -> tuple[Example, ...]:
        """The frames of `commands/send`, say. Raises KeyError where nobody wrote any."""
        return self.by_kind[kind]
