"""What groups of commands need of the client that they are part of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar

from agent_chat.frames import Command

Kind = TypeVar("Kind")


class Caller(ABC):
    """Carries out commands."""

    @abstractmethod
    async def call(self, command: Command, kind: type[Kind]) -> Kind:
        """The result of a command, repeated until the server's last word.

        Raises the server's refusal, or after 45 seconds the last temporary one.
        """
