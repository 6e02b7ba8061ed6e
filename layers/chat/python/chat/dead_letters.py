"""Operators look at dead letters, send them again, or give them up, from the console.

A request treats so many letters at most and takes so long at most: whoever wants more asks again. What is done is noted
in the audit before it is done, and a letter is gone from its queue only once it is safe elsewhere.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import msgspec

from chat.errors import ChatError
from chat.ports import Clock, Ids
from chat.storage.audit import AuditTrail, Deed
from chat.versions import Why

MOST_AT_ONCE = 100
SHOWN = 20

Action = Literal["redrive", "discard"]

logger = logging.getLogger(__name__)


class QueueNotFoundError(ChatError):
    """The stage has no queue of dead letters of this name."""

    code, status = "queue_not_found", 404


class Treat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which letters are meant: bodies with `contains` in them, `limit` at most. `dry_run` only shows them."""

    why: Why
    contains: Annotated[str, msgspec.Meta(max_length=200)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE
    dry_run: bool = False


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """One queue of dead letters. `hidden` ones are being looked at by somebody; `oldest_s` is None where there is none.

    `redrive` says where they go back to: `queue`, `stream`, `state-machine` or `function`.
    """

    name: str
    waiting: int
    hidden: int
    oldest_s: int | None
    redrive: str


class Queues(msgspec.Struct, frozen=True, kw_only=True):
    """All of the stage, by name."""

    queues: list[QueueView]


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """One letter; `outline` is its body without what people wrote."""

    id: str
    sent_at_ms: int
    receives: int
    outline: str


class Letters(msgspec.Struct, frozen=True, kw_only=True):
    """Some letters of a queue, in no order."""

    letters: list[LetterView]


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that stays, and why."""

    id: str
    why: str


class Treated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it. With `dry_run`, `letters` are those that are meant, and nothing was done with them."""

    dry_run: bool
    looked_at: int
    chosen: int
    done: int
    failed: list[Failed]
    letters: list[LetterView]


class LetterOffice(Protocol):
    """The stage's queues of dead letters. All raise `UnavailableError`; those with a `queue`, `QueueNotFoundError`."""

    def queues(self) -> list[QueueView]:
        """All, by name."""

    def show(self, queue: str, contains: str, limit: int) -> Treated:
        """Letters that are meant, left where they are."""

    def treat(self, queue: str, action: Action, wanted: Treat, operator: str) -> Treated:
        """Sends them again, or keeps them elsewhere and removes them."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What an operator's word takes."""

    office: LetterOffice
    audit: AuditTrail
    ids: Ids
    clock: Clock


def look(desk: Desk) -> Queues:
    """A call a queue, and one for how long the oldest have waited."""
    return Queues(queues=desk.office.queues())


def inspect(desk: Desk, queue: str) -> Letters:
    """Up to `SHOWN` letters of a queue, which nobody else gets for that moment."""
    return Letters(letters=desk.office.show(queue, "", SHOWN).letters)


def treat(desk: Desk, operator: str, queue: str, action: Action, wanted: Treat) -> Treated:
    """Notes the deed, then does it as far as it gets; `dry_run` notes nothing."""
    if wanted.dry_run:
        return desk.office.show(queue, wanted.contains, wanted.limit)
    about = f"{queue}: {wanted.limit} at most" + (f", with {wanted.contains!r}" if wanted.contains else "")
    deed = Deed(desk.ids.new(), operator, f"letters.{action}", about, wanted.why.strip(), desk.clock.now_ms())
    desk.audit.add(deed)
    treated = desk.office.treat(queue, action, wanted, operator)
    counts = {"done": treated.done, "failed": len(treated.failed)}
    logger.info("letters treated", extra={"deed": deed.id, "operator": operator, "about": about, **counts})
    return treated
