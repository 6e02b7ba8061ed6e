"""The files that an export hands over: one archive a slice, everything in it in formats that anybody can read."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable

import msgspec

from chat.ports import Sink

EXPORTS = "exports/"
"""Prefix of what users were given of their data; the bucket removes it after `KEPT_DAYS`."""

KEPT_DAYS = 7
CONTENT_TYPE = "application/zip"

README = """This is what the chat keeps of you.

rooms.json       the rooms you are in, as what, and how far you have read
messages.ndjson  your messages as they stand, one JSON object a line
changes.ndjson   what you changed: edits, deletions, reactions, pins
reports.ndjson   messages that you reported, and why
bans.ndjson      rooms that you are kept out of
devices.ndjson   where you are told of messages while you are away
media/           the images that you sent, in their largest form, and your videos, sounds and documents, each with its
                 picture
skipped.ndjson   those of them that are too large for an archive, or were gone

Times are milliseconds since 1970, UTC. Large exports come in several archives, each with a part of the same files.
"""


def folder_of(user: str) -> str:
    """Where the user's archives are: nobody can tell from it whose they are."""
    return f"{EXPORTS}{hashlib.sha256(user.encode()).hexdigest()[:32]}/"


class Archive:
    """A ZIP file that is written as it grows: what is in memory is the lines, which stand in it last."""

    def __init__(self, sink: Sink) -> None:
        self._counted = _Counted(sink)
        self._zip = zipfile.ZipFile(self._counted, "w", zipfile.ZIP_DEFLATED)
        self._lines: dict[str, list[bytes]] = {}
        self._lines_bytes = 0
        self._zip.writestr("README.txt", README)

    @property
    def size_bytes(self) -> int:
        """What was written, and what is in memory by now."""
        return self._counted.size_bytes + self._lines_bytes

    def add(self, name: str, body: bytes) -> None:
        """A file, once."""
        self._zip.writestr(name, body)

    def add_parts(self, name: str, parts: Iterable[bytes]) -> None:
        """A file of any size, once. It is stored as it is: sounds, videos and documents are compressed already."""
        with self._zip.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
            for part in parts:
                file.write(part)

    def add_lines(self, name: str, rows: Iterable[object]) -> None:
        """More lines of a file of JSON objects; it is closed with the archive."""
        lines = [msgspec.json.encode(row) for row in rows]
        self._lines.setdefault(name, []).extend(lines)
        self._lines_bytes += sum(len(line) + 1 for line in lines)

    def finish(self) -> int:
        """The archive's bytes in all; nothing can be added any more."""
        for name, lines in self._lines.items():
            self._zip.writestr(name, b"\n".join(lines) + b"\n")
        self._zip.close()
        return self._counted.size_bytes


class _Counted:
    """A sink, and how much has gone into it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.size_bytes = 0

    def write(self, data: bytes, /) -> int:
        self._sink.write(data)
        self.size_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        self._sink.flush()

    def close(self) -> None:
        self._sink.close()
