"""What is done to a queue's letters: chosen, handed to a destination, and deleted only after it has taken them."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chat.aws.dead_letters.letters import Letter
from chat.aws.dead_letters.queue import DeadLetterQueue, Round
from chat.aws.dead_letters.selection import Selection


class Destination(Protocol):
    """Takes letters, or says why not.

    `at_once` is how many it wants at a time, 10 at most. `sent` are ids that letters which it took would come back
    with, should they die again.
    """

    @property
    def at_once(self) -> int: ...  # noqa: D102
    @property
    def sent(self) -> Container[str]: ...  # noqa: D102

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        """For each letter None once it is safe elsewhere, or why it is not. Raises nothing that concerns one letter."""
        ...


@dataclass
class Tally:
    """How far a round is. A letter that died again while it lasted counts as failed, and is not sent once more."""

    looked_at: int = 0
    chosen: int = 0
    done: int = 0
    failed: list[tuple[Letter, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """One round of a queue. With `remove`, letters that the destination has taken are deleted."""

    queue: DeadLetterQueue
    selection: Selection
    destination: Destination
    remove: bool
    report: Callable[[Tally], None]
    in_time: Callable[[], bool] = lambda: True
    """Whether to go on with more letters."""

    def carry_out(self, tally: Tally) -> None:
        """Counts into `tally`, which tells how far it came if this is interrupted.

        A letter that fails stays, and keeps no other one from its turn.
        """
        with self.queue.round(at_once=self.destination.at_once) as letters:
            for received in letters:
                tally.looked_at += len(received)
                self._treat(letters, self._choose(received, tally), tally)
                self.report(tally)
                if tally.chosen == self.selection.limit or not self.in_time():
                    return

    def _choose(self, received: Sequence[Letter], tally: Tally) -> list[Letter]:
        meant = self.selection.choose(received, int(time.time() * 1_000))
        if self.selection.limit is not None:
            meant = meant[: self.selection.limit - tally.chosen]
        tally.chosen += len(meant)
        return meant

    def _treat(self, letters: Round, chosen: Sequence[Letter], tally: Tally) -> None:
        again = [letter for letter in chosen if letter.id in self.destination.sent]
        due = [letter for letter in chosen if letter.id not in self.destination.sent]
        answers = self.destination.take(due) if due else []
        taken = [letter for letter, reason in zip(due, answers, strict=True) if reason is None]
        left = letters.remove(taken) if self.remove else {}
        tally.failed += [(letter, "died again") for letter in again]
        tally.failed += [(letter, reason) for letter, reason in zip(due, answers, strict=True) if reason is not None]
        tally.failed += [(letter, left[letter.id]) for letter in taken if letter.id in left]
        tally.done += len(taken) - len(left)
