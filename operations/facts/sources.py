"""Where a figure comes from, and how far it is to be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

Fact = TypeVar("Fact")

Mark = Literal["published", "third party", "measured", "assumed"]
"""`published`: by AWS. `assumed`: to be replaced by a measurement."""


class FactError(Exception):
    """There is no such figure here. The message says which there are."""


@dataclass(frozen=True)
class Source:
    """`place` is a page, a program or a sentence."""

    mark: Mark
    place: str


def look_up(table: Mapping[str, Fact], key: str, kind: str) -> Fact:
    """Raises `FactError` for one that is not in the table."""
    try:
        return table[key]
    except KeyError:
        raise FactError(f"There is no {kind} {key}; there are: {', '.join(table)}.") from None


def published(page: str) -> Source:
    """A page of AWS' documentation or price list."""
    return Source("published", f"https://{page}")
