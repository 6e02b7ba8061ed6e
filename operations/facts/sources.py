"""Where a figure comes from, and how far it is to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["published", "third party", "measured", "assumed"]
"""`published`: by AWS. `assumed`: to be replaced by a measurement."""


class FactError(Exception):
    """There is no such figure here. The message says which there are."""


@dataclass(frozen=True)
class Source:
    """`place` is a page, a program or a sentence."""

    mark: Mark
    place: str


def published(page: str) -> Source:
    """A page of AWS' documentation or price list."""
    return Source("published", f"https://{page}")
