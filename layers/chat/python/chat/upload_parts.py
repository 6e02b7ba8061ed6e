"""A large file comes in parts, several at once, in any order, over whatever network its sender has: the rules.

    POST   /api/media           {"parts": true, …}: how large a part is, and how many there are
    POST   /api/media/M/parts   addresses for some of them, each good for the bytes of one checksum alone
    PUT    …                    the parts themselves, to the bucket
    GET    /api/media/M         which are there: whoever was cut off sends the others
    POST   /api/media/M/complete
    DELETE /api/media/M

The last two may be repeated, like all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

import msgspec

from chat.errors import InvalidFieldError
from chat.media import Sha256, Upload
from chat.media_kinds import MIB

PART_BYTES = 5 * MIB
"""The least that S3 takes of a part that is not the last: a bad connection loses no more than this."""

PARTS_FROM_BYTES = 8 * MIB
"""A smaller file comes as one form, which costs one request instead of five."""

OPEN_S = 12 * 3600
"""How long parts are taken. The bucket removes the object a day after the first of these calls, not the last."""

MOST_ADDRESSES = 20
"""Parts that one request asks addresses for."""

MOST_PARTS = 1_000
"""What S3 lists in one answer: 5 GB, more than any kind takes."""


class WantedPart(msgspec.Struct, frozen=True):
    """A part that is about to be sent. Numbers begin at 1; `sha256` is of the part's bytes, in base64."""

    number: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTS)]
    sha256: Sha256


class PartsRequest(msgspec.Struct, frozen=True):
    """Parts that addresses are wanted for."""

    parts: Annotated[list[WantedPart], msgspec.Meta(min_length=1, max_length=MOST_ADDRESSES)]


class Completion(msgspec.Struct, frozen=True):
    """That everything was sent: the checksum of each part, in order."""

    sha256: Annotated[list[Sha256], msgspec.Meta(min_length=1, max_length=MOST_PARTS)]


@dataclass(frozen=True)
class StoredPart:
    """A part that has arrived. `tag` is S3's own name for its bytes."""

    number: int
    size_bytes: int
    sha256: str | None
    """None where it was stored without one, which none of our addresses allows."""
    tag: str


@dataclass(frozen=True)
class Address:
    """Where one part is put, and the headers that must go with it."""

    number: int
    url: str
    headers: Mapping[str, str]


class PartStore(Protocol):
    """Where parts wait for the others."""

    def begin(self, upload: Upload) -> str:
        """Takes parts of it from now on; what the store knows it by."""

    def address(self, upload: Upload, part: WantedPart) -> Address:
        """Where this part is put, and no other bytes than its own. No call."""

    def stored(self, upload: Upload) -> list[StoredPart] | None:
        """What has arrived, by number; None once the parts were joined or given up."""

    def join(self, upload: Upload, parts: Sequence[StoredPart]) -> None:
        """Makes the object of all parts. Joining what was joined is not an error."""

    def give_up(self, upload: Upload) -> None:
        """Removes all parts. Giving up what was joined or given up is not an error."""


def comes_in_parts(size_bytes: int, *, able: bool) -> bool:
    """Whether a file is sent in parts by a client that is `able` to."""
    return able and size_bytes > PARTS_FROM_BYTES


def count_of(size_bytes: int) -> int:
    """How many parts a file has."""
    return -(-size_bytes // PART_BYTES)


def size_of(number: int, size_bytes: int) -> int:
    """The bytes of one part of a file: all are of one size but for the last."""
    return min(PART_BYTES, size_bytes - (number - 1) * PART_BYTES)


def check_wanted(upload: Upload, wanted: Sequence[WantedPart]) -> None:
    """Raises `InvalidFieldError` for a part that the file has not."""
    count = count_of(upload.size_bytes)
    beyond = [part.number for part in wanted if part.number > count]
    if beyond:
        raise InvalidFieldError(f"`parts` has number {beyond[0]} of a file of {count} parts.")


def lacking(upload: Upload, stored: Sequence[StoredPart], promised: Sequence[str]) -> list[int]:
    """Which parts are not there, or are not as promised. Raises `InvalidFieldError` for too few or many promises."""
    count = count_of(upload.size_bytes)
    if len(promised) != count:
        raise InvalidFieldError(f"`sha256` has {len(promised)} checksums of a file of {count} parts.")
    arrived = {part.number: (part.size_bytes, part.sha256) for part in stored}
    return [
        number
        for number, sha256 in enumerate(promised, 1)
        if arrived.get(number) != (size_of(number, upload.size_bytes), sha256)
    ]
