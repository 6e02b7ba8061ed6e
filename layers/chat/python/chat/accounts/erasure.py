"""Erasing a user: nothing of theirs is left in the stage but the numbers that their messages had.

It goes by what the user has left in rooms (`chat.storage.traces`), in passes. The first ends their memberships, so that
nothing new can come, and works off what is known. Whatever was under way at that moment is known `SETTLE_S` later, and
the next pass takes it. A pass that finds nothing is the last one.

What stays: that it was done, and when. What others wrote, also about the user. Bans, under the bare user id, so that
erasing oneself does not end one. Backups and logs, for as long as the stage keeps them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from chat import erasures, events, tombstones
from chat.accounts import departure
from chat.accounts.archives import folder_of
from chat.delivery import deliver
from chat.erasures import ErasedUser
from chat.errors import MessageNotFoundError
from chat.ports import Item, Principal
from chat.protocol import AuthorErased, encode
from chat.services import Accounts
from chat.storage import reactions
from chat.storage.account_jobs import Job
from chat.storage.changes import Alteration, RefusedError
from chat.storage.messages import DELETED
from chat.storage.traces import Trace
from chat.terms import message_terms

SLICE_MS = 60_000
"""How long one slice works before it lets go: its function has twice that."""

SETTLE_S = 90
"""Pause between two passes: longer than a command runs (29 s), a right is remembered (5 s) and an event travels."""

PAGE = 100
"""Traces between two looks at the clock."""


def work(accounts: Accounts, job: Job) -> tuple[Job, int]:
    """One slice: the job as it then stands, and how long to wait before the next, in seconds. Safe to repeat."""
    until_ms = accounts.office.clock.now_ms() + SLICE_MS
    number, found = _pass_of(job)
    done = Counter(job.done)
    if not job.step:
        erasures.note(accounts.files, ErasedUser(job.user, job.started_at_ms), job.started_at_ms)
    rooms = departure.leave_all(accounts, job.user)
    departure.close_sockets(accounts, job.user)
    devices = departure.forget_devices(accounts, job.user)
    found += rooms + devices
    done["rooms"] += rooms
    if devices:
        done["devices"] += devices
    while traces := accounts.office.traces.page(job.user, None, PAGE).traces:
        for trace in traces:
            _erase(accounts, job.user, trace)
            done[f"{trace.kind}s"] += 1
        _tell_rooms(accounts, job.user, {trace.room for trace in traces})
        accounts.office.traces.forget(job.user, traces)
        found += len(traces)
        job = replace(job, done=dict(done), updated_at_ms=accounts.office.clock.now_ms())
        accounts.office.jobs.report(job)
        if accounts.office.clock.now_ms() >= until_ms:
            return replace(job, cursor=f"{number}:{found}"), 0
    accounts.files.remove_below(folder_of(job.user))
    accounts.office.jobs.remove(job.user, "export")
    if number > 1 and not found:
        return replace(job, state="done", cursor=None, name=""), 0
    return replace(job, done=dict(done), cursor=f"{number + 1}:0"), SETTLE_S


def _pass_of(job: Job) -> tuple[int, int]:
    """Which pass this is, from 1 on, and how much it has found so far."""
    number, found = (job.cursor or "1:0").split(":")
    return int(number), int(found)


def _erase(accounts: Accounts, user: str, trace: Trace) -> None:
    match trace.kind:
        case "message":
            _erase_message(accounts, user, trace.room, trace.number)
        case "change":
            _erase_change(accounts, user, trace.room, trace.number)
        case "report":
            accounts.reports.withdraw(trace.room, trace.number, user)
        case "ban":
            accounts.members.forget_name(trace.room, user)


def _erase_message(accounts: Accounts, user: str, room: str, seq: int) -> None:
    """The words go before the text that they are known by: whoever is cut off in between finds them again."""
    now_ms = accounts.office.clock.now_ms()

    def plan(entry: Item) -> Alteration | None:
        if entry.get("user") != user:
            return None
        accounts.search_index.remove(room, seq, message_terms(entry["kind"], entry["text"]))
        return tombstones.erasure(entry, now_ms)

    try:
        altered = accounts.changes.alter(room, seq, plan, now_ms)
    except MessageNotFoundError:
        return  # a number that no message took
    if altered.entry["kind"] == DELETED:
        accounts.rooms.revise_latest(room, events.preview_of(altered.entry))


def _erase_change(accounts: Accounts, user: str, room: str, rev: int) -> None:
    row = accounts.changes.find(room, rev)
    if row is None or row.get("user") != user:
        return
    seq = int(row["seq"])
    if row["what"] == "reactions":
        _erase_reaction(accounts, user, room, seq, row["emoji"])
    else:
        _erase_name(accounts, user, room, seq)
    accounts.changes.forget_who(room, rev)


def _erase_reaction(accounts: Accounts, user: str, room: str, seq: int, emoji: str) -> None:
    """Takes the user's reaction off the message and its count; one that is gone already stays gone."""
    if not accounts.reactions.has(room, seq, emoji, user):
        return
    row = reactions.removed(room, seq, emoji, Principal(user, ""))

    def plan(entry: Item) -> Alteration:
        counts = {name: count - (name == emoji) for name, count in (entry.get("reactions") or {}).items()}
        left = {name: count for name, count in counts.items() if count > 0}
        return Alteration("reactions", None, None, {"reactions": left}, [row], {"emoji": emoji, "removed": True})

    try:
        accounts.changes.alter(room, seq, plan, accounts.office.clock.now_ms())
    except RefusedError:
        return  # removed at the same moment


def _erase_name(accounts: Accounts, user: str, room: str, seq: int) -> None:
    """Of another's message that the user changed: that it was they."""

    def plan(entry: Item) -> Alteration | None:
        if entry.get("changed_by") != user:
            return None
        return Alteration("unnamed", None, None, {"changed_by": None, "changed_by_name": None})

    accounts.changes.alter(room, seq, plan, accounts.office.clock.now_ms())


def _tell_rooms(accounts: Accounts, user: str, rooms: set[str]) -> None:
    """Whoever has the room open drops what they hold; the others learn of each message by its change."""
    for room in sorted(rooms):
        deliver(accounts.fanout, room, encode(AuthorErased(room=room, user=user)))
