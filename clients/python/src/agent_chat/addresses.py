"""Where a stage is to be asked: its address in each of its Regions, and which of them is in use.

A stage is at home in one Region at a time. The other addresses refuse for as long as that lasts, so whoever goes
through the list finds the one that doesn't.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_chat.http import Api


class Addresses:
    """The addresses of one stage, at least one. Raises ValueError for none, and for what is no URL."""

    def __init__(self, urls: str | Sequence[str]) -> None:
        self._apis = [Api(url) for url in ([urls] if isinstance(urls, str) else urls)]
        if not self._apis:
            raise ValueError("A stage has one address or more.")
        self._at = 0

    def __len__(self) -> int:
        return len(self._apis)

    @property
    def api(self) -> Api:
        """What is at the address in use."""
        return self._apis[self._at]

    def go_on(self) -> None:
        """Takes the next address, behind the last one the first."""
        self._at = (self._at + 1) % len(self._apis)
