"""What one client saw, in its order: the journal that a run is judged from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from agent_chat.frames import Message
from simulation.cloud.scheduler import Scheduler


class Saw(Enum):
    """What an entry is about."""

    SENT = "sent"
    ACKED = "acked"
    REFUSED = "refused"
    EDITED = "edited"
    """Asked for; what became of it is told by `ALTERED`, or not at all."""
    DELETED = "deleted"
    """Acknowledged, as the next."""
    ALTERED = "altered"
    HEARD = "heard"
    """Handed out by a feed."""
    READ = "read"
    """Found in the log."""
    CHANGED = "changed"
    """Told of while it happened."""
    SUBSCRIBED = "subscribed"
    UNFOLLOWED = "unfollowed"
    CAUGHT_UP = "caught up"
    MARKED = "marked as read"
    UNREAD = "unread"
    JOINED = "joined"
    LEFT = "left"
    REMOVED = "removed"
    """This user removed another, which was acknowledged."""
    INVITED = "invited"
    """As the last."""
    EXCLUDED = "excluded"
    ERASED = "erased"
    """All that was theirs is gone, by the server's word."""
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `at_ms` is the simulation's time. What does not apply is empty."""

    at_ms: int
    saw: Saw
    room: str = ""
    seq: int = 0
    command_id: str = ""
    text: str = ""
    kind: str = ""
    rev: int = 0
    version: int = 1
    newest: int = 0
    """The highest number known to exist."""
    unread: int = 0
    asked_ms: int = 0
    """When it was asked for."""
    user: str = ""
    """Whom it is about, where that is somebody else."""

    def __str__(self) -> str:
        told = [f"{self.saw.value} {self.room}"]
        told += [
            f"{name} {value}"
            for name in ("seq", "command_id", "text", "kind", "rev", "newest", "unread", "user")
            if (value := getattr(self, name))
        ]
        return ", ".join(told)


class Diary:
    """One device's journal. `people` are all who are in the run.

    `told_late`: messages may have come as changes, because their numbers were past already.
    """

    def __init__(self, user: str, people: tuple[str, ...], scheduler: Scheduler, *, told_late: bool = False) -> None:
        self.user = user
        self.people = people
        self.entries: list[Entry] = []
        self.told_late = told_late
        self.scheduler = scheduler

    @property
    def now_ms(self) -> int:
        """The time that entries have."""
        return self.scheduler.now_ms

    def note(
        self,
        saw: Saw,
        room: str = "",
        *,
        seq: int = 0,
        command_id: str = "",
        text: str = "",
        rev: int = 0,
        newest: int = 0,
        unread: int = 0,
        asked_ms: int = 0,
        user: str = "",
    ) -> None:
        """One line, now."""
        self.entries.append(
            Entry(
                self.scheduler.now_ms,
                saw,
                room,
                seq,
                command_id,
                text,
                rev=rev,
                newest=newest,
                unread=unread,
                asked_ms=asked_ms,
                user=user,
            )
        )

    def note_message(self, saw: Saw, message: Message) -> None:
        """A message as it was shown."""
        author = message.author.id if message.author else ""
        self.entries.append(
            Entry(
                self.scheduler.now_ms,
                saw,
                message.room,
                message.seq,
                message.command_id or "",
                message.text,
                message.kind,
                message.rev,
                message.version,
                user=author,
            )
        )

    def of(self, *saw: Saw) -> list[Entry]:
        """The lines of some kinds."""
        return [entry for entry in self.entries if entry.saw in saw]
