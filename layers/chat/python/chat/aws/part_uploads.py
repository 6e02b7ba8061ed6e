"""What its uploader asks about one upload: where parts are put, what has arrived, that it is whole, or wanted no more.

Each may be asked again. The parts lie in S3, what became of them stands in the upload's record; where a function dies
in between, the next call goes on from what both say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chat.aws.models import CANCELLED, DONE, PENDING, REJECTED, UploadRecord
from chat.errors import PartsMissingError, UploadClosedError, UploadNotFoundError
from chat.upload_parts import PART_BYTES, Address, PartStore, WantedPart, check_wanted, count_of, lacking

State = Literal["sending", "processing", "announced", "rejected", "cancelled"]

_OVER: dict[str, State] = {DONE: "announced", REJECTED: "rejected", CANCELLED: "cancelled"}


@dataclass(frozen=True)
class PartUploads:
    """The uploads of one stage, at one moment (ms since 1970)."""

    records: type[UploadRecord]
    parts: PartStore
    now_ms: int

    def find(self, user: str, media: str) -> UploadRecord:
        """The user's own upload. Raises `UploadNotFoundError` for others', so that nobody learns of them."""
        record = self.records.find(media)
        if record is None or record.user != user or self._is_forgotten(record):
            raise UploadNotFoundError("You have no such upload, or none that is remembered.")
        return record

    def addresses(self, record: UploadRecord, wanted: Sequence[WantedPart]) -> list[Address]:
        """Where these parts are put. Raises `UploadClosedError`, `InvalidFieldError`. No call."""
        self._require_open(record)
        upload = record.upload()
        check_wanted(upload, wanted)
        return [self.parts.address(upload, part) for part in wanted]

    def complete(self, record: UploadRecord, promised: Sequence[str]) -> UploadRecord:
        """Makes the object of its parts, once; the record as it is then. `promised` are the parts' checksums.

        Raises `PartsMissingError` with the numbers of parts that are not there as promised, `UploadClosedError`,
        `InvalidFieldError`.
        """
        if state_of(record) != "sending":
            return record
        self._require_open(record)
        upload = record.upload()
        stored = self.parts.stored(upload)
        if stored is not None:
            missing = lacking(upload, stored, promised)
            if missing:
                raise PartsMissingError(f"Not there as promised: parts {', '.join(map(str, missing))}.")
            self.parts.join(upload, stored)
        # Without parts they were joined by a call that was cut off: nobody else ends an upload that is open.
        record.seal(self.now_ms)
        return self.find(record.user, record.media)

    def cancel(self, record: UploadRecord) -> UploadRecord:
        """Gives the upload up, with all that has arrived. Raises `UploadClosedError` where something came of it."""
        if state_of(record) in {"processing", "announced"}:
            raise UploadClosedError("It has arrived already: delete its message instead.")
        if state_of(record) == "sending":
            record.cancel(UploadClosedError("It has arrived already: delete its message instead."))
        if record.s3_upload is not None:
            self.parts.give_up(record.upload())
        return record

    def told(self, record: UploadRecord) -> dict[str, Any]:
        """What its uploader sees of it. One call of S3 while parts come."""
        return {
            "media": record.media,
            "room": record.room,
            "name": record.file_name,
            "size_bytes": record.upload().size_bytes,
            "state": state_of(record),
            "reason": record.reason,
            "parts": self._told_parts(record),
        }

    def _told_parts(self, record: UploadRecord) -> dict[str, Any] | None:
        if record.s3_upload is None:
            return None
        stored = (self.parts.stored(record.upload()) or []) if state_of(record) == "sending" else []
        return {
            **parts_of(record),
            "stored": [{"number": part.number, "sha256": part.sha256} for part in stored if part.sha256],
        }

    def _require_open(self, record: UploadRecord) -> None:
        if record.s3_upload is None:
            raise UploadClosedError("It comes as one form, and takes no parts.")
        if state_of(record) != "sending" or self.now_ms >= int(record.closes_at_ms or 0):
            raise UploadClosedError("It takes no more parts.")

    def _is_forgotten(self, record: UploadRecord) -> bool:
        """DynamoDB's TTL removes rows some time after they are due."""
        return record.expires_at_s is not None and int(record.expires_at_s) * 1000 <= self.now_ms


def state_of(record: UploadRecord) -> State:
    """How far an upload is. One that comes as a form is being sent until a run of the state machine has it."""
    if record.status != PENDING:
        return _OVER[record.status]
    return "processing" if record.sealed_at_ms or record.execution else "sending"


def parts_of(record: UploadRecord) -> dict[str, Any]:
    """How the file of an upload is cut."""
    return {
        "size_bytes": PART_BYTES,
        "count": count_of(record.upload().size_bytes),
        "expires_at_ms": int(record.closes_at_ms or 0),
    }
