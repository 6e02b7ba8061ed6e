"""What a user leaves in rooms is noted when it is heard of, so that it is found when they ask for it."""

from __future__ import annotations

from chat.accounts import jobs
from chat.events import AnyEvent, MembershipChanged, MessageChanged, MessageDeleted, MessagePosted
from chat.services import JobOffice
from chat.storage.traces import Trace


def note(office: JobOffice, event: AnyEvent) -> None:
    """Remembers whose message or change this is. A write unit, and half a read unit; nothing for nobody's.

    Memberships are found without: they stand in their user's list of rooms.

    An event may come late, even after its user was erased. Then they are erased once more.
    """
    if isinstance(event, MembershipChanged) or event.user is None:
        return
    trace, at_ms = _trace_of(event)
    office.traces.note(event.user, trace)
    erasing = office.jobs.find(event.user, "erasure")
    if erasing and erasing.state == "done" and at_ms <= erasing.updated_at_ms:
        jobs.erase_again(office, event.user)


def _trace_of(event: MessagePosted | MessageChanged | MessageDeleted) -> tuple[Trace, int]:
    match event:
        case MessagePosted():
            return Trace("message", event.room, event.seq), event.sent_at_ms
        case MessageChanged() | MessageDeleted():
            return Trace("change", event.room, event.rev), event.changed_at_ms
