"""Jobs on a user's own data: ask for one, look how far it is, and work it off slice by slice."""

from __future__ import annotations

import logging
from dataclasses import replace

import msgspec

from chat import access
from chat.accounts import erasure, export
from chat.errors import JobNotFoundError
from chat.ports import Principal
from chat.services import Accounts, JobOffice
from chat.storage.account_jobs import Job, Kind

AGAIN_AFTER_MS = 3_600_000
"""An export that is younger is handed out again instead of made anew."""

STALLED_MS = 1_800_000
"""A job that nobody has worked on for so long goes on when it is asked for again."""

UNBEGUN_MS = 60_000
"""As `STALLED_MS`, of one whose first slice is not done: whoever asked for it may have died before it was enqueued."""

LINK_S = 900
"""How long a link to an archive works; each look at the job gives new ones."""

logger = logging.getLogger(__name__)

_WORK = {"export": export.work, "erasure": erasure.work}


class Slice(msgspec.Struct, frozen=True):
    """A body of the queue of jobs: the next slice of one."""

    user: str
    kind: Kind
    id: str
    step: int


def ask(office: JobOffice, principal: Principal, kind: Kind) -> Job:
    """The user's job of that kind: the one under way, a finished export of the last hour, or a new one.

    An export is refused while the user is being erased: `AccountErasingError`.
    """
    now_ms = office.clock.now_ms()
    standing = office.jobs.find(principal.user, kind)
    if kind == "export":
        access.require_lasting(office.jobs, principal.user)
    if standing and _serves(standing, now_ms):
        return standing
    if standing and standing.state == "running":
        _enqueue(office, standing)
        return standing
    job = Job(
        id=office.ids.new(),
        kind=kind,
        user=principal.user,
        name=principal.name,
        started_at_ms=now_ms,
        updated_at_ms=now_ms,
        total=office.traces.count(principal.user),
    )
    if not office.jobs.begin(job, standing):
        return look(office, principal.user, kind)
    _enqueue(office, job)
    return job


def look(office: JobOffice, user: str, kind: Kind) -> Job:
    """How far the user's job is. Raises `JobNotFoundError`."""
    job = office.jobs.find(user, kind)
    if job is None:
        raise JobNotFoundError("There is no such job of yours.")
    return job


def work_off(accounts: Accounts, body: bytes) -> None:
    """Carries out one slice and enqueues the next.

    A body that comes again after its step was done enqueues the step that is due, in case whoever did it died before
    they could: two workers on one step do the same, and one of them goes on. Raises `msgspec.MsgspecError` for a body
    that is no slice, and `UnavailableError` for one that should be tried again.
    """
    due = msgspec.json.decode(body, type=Slice)
    job = accounts.office.jobs.find(due.user, due.kind)
    if job is None or job.id != due.id or job.state == "done":
        return
    if job.step != due.step:
        _enqueue(accounts.office, job)
        return
    worked, wait_s = _WORK[job.kind](accounts, job)
    moved = replace(worked, step=job.step + 1, updated_at_ms=accounts.office.clock.now_ms())
    if not accounts.office.jobs.advance(moved):
        return
    if moved.state == "running":
        _enqueue(accounts.office, moved, delay_s=wait_s)
    elif moved.kind == "erasure" and accounts.office.traces.page(moved.user, None, 1).traces:
        erase_again(accounts.office, moved.user)


def erase_again(office: JobOffice, user: str) -> None:
    """Something of an erased user has turned up since: see `chat.accounts.noting`."""
    logger.info("erasing what came late", extra={"user": user})
    ask(office, Principal(user, ""), "erasure")


def _serves(job: Job, now_ms: int) -> bool:
    if job.state == "running":
        return now_ms - job.updated_at_ms < (STALLED_MS if job.step else UNBEGUN_MS)
    return job.kind == "export" and now_ms - job.updated_at_ms < AGAIN_AFTER_MS


def _enqueue(office: JobOffice, job: Job, *, delay_s: int = 0) -> None:
    due = Slice(user=job.user, kind=job.kind, id=job.id, step=job.step)
    office.queue.send([msgspec.json.encode(due)], delay_s=delay_s)
