"""Exporting a user's data: everything that they have left in rooms, as it stands, in archives that a link leads to.

Cost: a read unit for 40 traces, one for each message and each change, and what the images have.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import msgspec

from chat import shown_media
from chat.accounts.archives import CONTENT_TYPE, Archive, folder_of
from chat.messages import message_of
from chat.ports import Item
from chat.services import Accounts
from chat.storage.account_jobs import Job
from chat.storage.traces import Trace

SLICE_MS = 60_000
"""How long one archive is filled: its function has twice that."""

ARCHIVE_BYTES = 50_000_000
"""Size at which an archive is closed and the next one begun; it is made in memory, compressed images and all."""

PAGE = 100
"""Traces between two looks at the clock."""

CHANGE_FIELDS = ("room", "seq", "what", "emoji", "removed", "version", "changed_at_ms")


def work(accounts: Accounts, job: Job) -> tuple[Job, int]:
    """One slice, which makes one archive: the job as it then stands, and no pause. Repeated, it makes the same one."""
    until_ms = accounts.office.clock.now_ms() + SLICE_MS
    archive = Archive()
    if job.cursor is None:
        _add_rooms(accounts, job, archive)
    cursor, done = job.cursor, Counter(job.done)
    full = False
    while not full:
        page = accounts.office.traces.page(job.user, cursor, PAGE)
        done.update(_add(accounts, job.user, page.traces, archive))
        cursor = page.after
        job = replace(job, done=dict(done), updated_at_ms=accounts.office.clock.now_ms())
        accounts.office.jobs.report(job)
        full = cursor is None or archive.size_bytes >= ARCHIVE_BYTES or accounts.office.clock.now_ms() >= until_ms
    key = f"{folder_of(job.user)}{job.id}/chat-export-{len(job.archives) + 1}.zip"
    body = archive.finish()
    accounts.files.put(key, body, CONTENT_TYPE)
    archives = [*job.archives, {"key": key, "size_bytes": len(body)}]
    return replace(job, state="running" if cursor else "done", cursor=cursor, archives=archives), 0


def _add_rooms(accounts: Accounts, job: Job, archive: Archive) -> None:
    rooms = [
        {
            "room": listing.record.room,
            "title": listing.other or listing.record.title,
            "kind": listing.record.kind,
            "role": listing.role,
            "read_seq": listing.read_seq,
        }
        for listing in accounts.rooms.own_listings(job.user)
    ]
    about = {"user": job.user, "name": job.name, "exported_at_ms": job.started_at_ms, "rooms": rooms}
    archive.add_lines("devices.ndjson", (vars(device) for device in accounts.push.of([job.user])))
    archive.add("rooms.json", msgspec.json.format(msgspec.json.encode(about)))


def _add(accounts: Accounts, user: str, traces: list[Trace], archive: Archive) -> Counter[str]:
    by_kind: dict[str, list[Trace]] = defaultdict(list)
    for trace in traces:
        by_kind[trace.kind].append(trace)
    messages = _messages(accounts, user, by_kind["message"])
    archive.add_lines("messages.ndjson", (message_of(entry) for entry in messages))
    archive.add_lines("changes.ndjson", _changes(accounts, user, by_kind["change"]))
    reports = (accounts.reports.find(trace.room, trace.number, user) for trace in by_kind["report"])
    archive.add_lines("reports.ndjson", (vars(report) for report in reports if report))
    archive.add_lines(
        "bans.ndjson", ({"room": trace.room} for trace in by_kind["ban"] if _banned(accounts, user, trace))
    )
    images = sum(_add_image(accounts, entry, archive) for entry in messages if entry.get("media"))
    return Counter({f"{kind}s": len(found) for kind, found in by_kind.items() if found}) + Counter(images=images)


def _messages(accounts: Accounts, user: str, traces: list[Trace]) -> list[Item]:
    """The user's own, room by room; one that was erased meanwhile is nobody's."""
    by_room: dict[str, list[int]] = defaultdict(list)
    for trace in traces:
        by_room[trace.room].append(trace.number)
    found = (entry for room, seqs in by_room.items() for entry in accounts.changes.read(room, seqs))
    return [entry for entry in found if entry.get("user") == user]


def _changes(accounts: Accounts, user: str, traces: list[Trace]) -> list[dict[str, Any]]:
    rows = (accounts.changes.find(trace.room, trace.number) for trace in traces)
    return [
        {name: row[name] for name in CHANGE_FIELDS if name in row} for row in rows if row and row.get("user") == user
    ]


def _banned(accounts: Accounts, user: str, trace: Trace) -> bool:
    membership = accounts.members.find(trace.room, user)
    return membership is not None and not membership.inside


def _add_image(accounts: Accounts, entry: Item, archive: Archive) -> int:
    """The largest form of the image; how many were added, none where its file is gone."""
    media = shown_media.from_row(entry["media"], entry["room"])
    key = media.original.url.removeprefix("/")
    body = accounts.files.get(key)
    if body is None:
        return 0
    archive.add(f"media/{media.id}/{key.rpartition('/')[2]}", body)
    return 1
