"""Which of a queue's letters are meant: what they say, how old they are, and how many of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chat.aws.dead_letters.letters import Letter

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_AGE = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_FIELD = re.compile(r"([A-Za-z_][\w-]*(?:\.[\w-]+)*)=(.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Contains:
    """The body has this text in it, letter by letter as it was sent."""

    text: str

    def holds(self, letter: Letter) -> bool:
        """Whether it does."""
        return self.text in letter.body


@dataclass(frozen=True)
class FieldIs:
    """A field of the body is this, as text. `path` leads to it from the outermost object, through lists as well."""

    path: tuple[str, ...]
    value: str

    def holds(self, letter: Letter) -> bool:
        """Whether any value on the path is it; a letter that is no JSON has no fields."""
        return any(_as_text(value) == self.value for value in _values(letter.content, self.path))


Condition = Contains | FieldIs


def read_condition(text: str) -> Condition:
    """`room=lunch`, `detail.object.key=uploads/1`: a field. Anything else is text. Raises ValueError for nothing."""
    if not text:
        raise ValueError("what is to be matched is empty")
    field = _FIELD.fullmatch(text)
    return FieldIs(tuple(field[1].split(".")), field[2]) if field else Contains(text)


def read_age_s(text: str) -> int:
    """Seconds in `90s`, `10m`, `2h` or `3d`. Raises ValueError for anything else."""
    age = _AGE.fullmatch(text)
    if age is None:
        raise ValueError(f"{text} is no age: a number and s, m, h or d, such as 10m")
    return int(age[1]) * SECONDS[age[2]]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Letters that meet all conditions. `older_than_s` counts from when a letter was sent; None takes any age.

    `limit` is how many are chosen at most; None takes all.
    """

    conditions: Sequence[Condition] = ()
    older_than_s: int | None = None
    limit: int | None = None

    def choose(self, letters: Iterable[Letter], now_ms: int) -> list[Letter]:
        """Those of the letters that are meant, however many."""
        return [letter for letter in letters if self._means(letter, now_ms)]

    def _means(self, letter: Letter, now_ms: int) -> bool:
        if self.older_than_s is not None and now_ms - letter.sent_at_ms <= self.older_than_s * 1_000:
            return False
        return all(condition.holds(letter) for condition in self.conditions)


def _values(content: Any, path: Sequence[str]) -> Iterator[Any]:  # noqa: ANN401  # JSON
    if isinstance(content, list):
        for each in content:
            yield from _values(each, path)
    elif not path:
        yield content
    elif isinstance(content, dict) and path[0] in content:
        yield from _values(content[path[0]], path[1:])


def _as_text(value: Any) -> str:  # noqa: ANN401  # JSON
    return value if isinstance(value, str) else json.dumps(value)
