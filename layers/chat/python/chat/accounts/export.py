"""Exporting a user's data: everything that they have left in rooms, as it stands, in archives that a link leads to.

Cost: a read unit for 40 traces, one for each message and each change, and what the images have.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from chat import shown_media
from chat.accounts.archives import CONTENT_TYPE, Archive, folder_of
from chat.messages import message_of
from chat.ports import Item
from chat.protocol import Media, MediaFile
from chat.services import Accounts
from chat.shown_media import VIDEO_HLS
from chat.storage.account_jobs import Job
from chat.storage.traces import Trace

SLICE_MS = 60_000
"""How long one archive is filled: its function has twice that."""

ARCHIVE_BYTES = 50_000_000
"""Size at which an archive is closed and the next one begun, behind the file that reaches it."""

PAGE, PAGE_BYTES = 100, 200_000_000
"""Traces between two looks at the clock, and bytes of files unless it is one file: some ten seconds' worth."""

MOST_FILE_BYTES = 1024**3
"""As much as may be uploaded, and what a slice brings into an archive beside all else: half a minute's worth."""

CHANGE_FIELDS = ("room", "seq", "what", "emoji", "removed", "version", "changed_at_ms")


@dataclass(frozen=True)
class Page:
    """Traces, and the messages that they are of, as far as these are still the user's."""

    traces: list[Trace]
    messages: list[Item]
    after: str | None


def work(accounts: Accounts, job: Job) -> tuple[Job, int]:
    """One slice, which makes one archive: the job as it then stands, and no pause. Repeated, it makes the same one."""
    number = len(job.archives) + 1
    key = f"{folder_of(job.user)}{job.id}/chat-export-{number}.zip"
    with accounts.files.write(key, CONTENT_TYPE) as sink:
        archive = Archive(sink)
        job = _fill(accounts, job, archive)
        size_bytes = archive.finish()
    archives = [*job.archives, {"key": key, "size_bytes": size_bytes}]
    return replace(job, state="running" if job.cursor else "done", archives=archives), 0


def _fill(accounts: Accounts, job: Job, archive: Archive) -> Job:
    """Adds what fits; the job with how far that is."""
    clock = accounts.office.clock
    until_ms = clock.now_ms() + SLICE_MS
    if job.cursor is None:
        _add_rooms(accounts, job, archive)
    full = False
    while not full:
        page = _page(accounts, job)
        done = Counter(job.done) + _add(accounts, job.user, page, archive)
        job = replace(job, cursor=page.after, done=dict(done), updated_at_ms=clock.now_ms())
        accounts.office.jobs.report(job)
        full = page.after is None or archive.size_bytes >= ARCHIVE_BYTES or clock.now_ms() >= until_ms
    return job


def _page(accounts: Accounts, job: Job) -> Page:
    """The next traces and messages: fewer where there are large files among them, so that none takes a slice's time."""
    limit = PAGE
    while True:
        found = accounts.office.traces.page(job.user, job.cursor, limit)
        messages = _messages(accounts, job.user, [trace for trace in found.traces if trace.kind == "message"])
        if limit == 1 or sum(map(_files_bytes, messages)) <= PAGE_BYTES:
            return Page(found.traces, messages, found.after)
        limit = max(1, limit // 8)


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


def _add(accounts: Accounts, user: str, page: Page, archive: Archive) -> Counter[str]:
    by_kind: dict[str, list[Trace]] = defaultdict(list)
    for trace in page.traces:
        by_kind[trace.kind].append(trace)
    archive.add_lines("messages.ndjson", (message_of(entry) for entry in page.messages))
    archive.add_lines("changes.ndjson", _changes(accounts, user, by_kind["change"]))
    reports = (accounts.reports.find(trace.room, trace.number, user) for trace in by_kind["report"])
    archive.add_lines("reports.ndjson", (vars(report) for report in reports if report))
    archive.add_lines(
        "bans.ndjson", ({"room": trace.room} for trace in by_kind["ban"] if _banned(accounts, user, trace))
    )
    done = Counter({f"{kind}s": len(found) for kind, found in by_kind.items() if found})
    for entry in page.messages:
        if entry.get("media"):
            done += _add_media(accounts, entry, archive)
    return done


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


def _add_media(accounts: Accounts, entry: Item, archive: Archive) -> Counter[str]:
    """The largest form of the picture, and what it stands for; how many of what were added or left out."""
    media = shown_media.from_row(entry["media"], entry["room"])
    done: Counter[str] = Counter()
    picture = accounts.files.get(_key(media.original.url))
    if picture is not None:
        archive.add(_name(media, media.original.url), picture)
        done["images"] += 1
    file = _whole(media)
    if file is None:
        return done
    why = _add_file(accounts, media, file, archive)
    if why:
        archive.add_lines(
            "skipped.ndjson", [{"room": entry["room"], "seq": message_of(entry).seq, "file": file, "why": why}]
        )
    done["skipped" if why else "files"] += 1
    return done


def _add_file(accounts: Accounts, media: Media, file: MediaFile, archive: Archive) -> str:
    """Why it could not be added, "" where it was."""
    if file.size_bytes > MOST_FILE_BYTES:
        return "too large for an archive"
    parts = accounts.files.parts(_key(file.url))
    if parts is None:
        return "gone"
    archive.add_parts(_name(media, file.url), parts)
    return ""


def _whole(media: Media) -> MediaFile | None:
    """What is one file by itself: of a video not its playlist. None for an image."""
    return next((file for file in media.files if file.content_type != VIDEO_HLS.content_type), None)


def _files_bytes(entry: Item) -> int:
    """What its file would add to an archive."""
    if not entry.get("media"):
        return 0
    file = _whole(shown_media.from_row(entry["media"], entry["room"]))
    return file.size_bytes if file and file.size_bytes <= MOST_FILE_BYTES else 0


def _key(url: str) -> str:
    return url.removeprefix("/")


def _name(media: Media, url: str) -> str:
    """Where it is in an archive."""
    return f"media/{media.id}/{url.rpartition('/')[2]}"
