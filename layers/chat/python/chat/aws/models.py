"""PynamoDB models: the schema of what media and operations read and write outside the hot path.

Keys come from `chat.storage.keys`, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chat.media import MAX_UPLOAD_BYTES, TakenError, Upload
from chat.storage import keys
from chat.upload_parts import OPEN_S

PENDING = "pending"
DONE = "done"
REJECTED = "rejected"
CANCELLED = "cancelled"

TAKEN_MS = 160 * 60_000
"""Longer than an execution of the state machine may last (150 minutes)."""

KEPT_S = 24 * 3600
"""A pending or rejected upload's record goes a day after its permission."""


class UploadRecord(Model):
    """An upload from its permission to its outcome, in the rooms table under `media#M`."""

    class Meta:
        """Set by `bind`."""

        table_name = ""
        region = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    media = UnicodeAttribute()
    room = UnicodeAttribute()
    user = UnicodeAttribute()
    user_name = UnicodeAttribute()
    file_name = UnicodeAttribute()
    content_type = UnicodeAttribute()
    size_bytes = NumberAttribute(null=True)
    """None where the permission is of before sizes were remembered."""
    sha256 = UnicodeAttribute(null=True)
    s3_upload = UnicodeAttribute(null=True)
    closes_at_ms = NumberAttribute(null=True)
    """Until when parts are taken; None where the upload comes as one form."""
    sealed_at_ms = NumberAttribute(null=True)
    """When its parts were joined."""
    execution = UnicodeAttribute(null=True)
    """Which run of the state machine has the upload."""
    taken_at_ms = NumberAttribute(null=True)
    status = UnicodeAttribute(default=PENDING)
    reason = UnicodeAttribute(null=True)
    seq = NumberAttribute(null=True)
    """The message that it became; None also where that was before numbers were noted."""
    expires_at_s = NumberAttribute(null=True)

    @classmethod
    def bind(cls, table_name: str, region: str) -> None:
        """Says which table the records are in."""
        cls.Meta.table_name = table_name
        cls.Meta.region = region

    @classmethod
    def of(cls, upload: Upload, now_ms: int) -> UploadRecord:
        """A new record, not stored yet."""
        pk, sk = keys.upload(upload.media)
        fields: dict[str, Any] = vars(upload)
        closes_at_ms = now_ms + OPEN_S * 1000 if upload.s3_upload else None
        return cls(pk, sk, expires_at_s=now_ms // 1000 + KEPT_S, closes_at_ms=closes_at_ms, **fields)

    @classmethod
    def find(cls, media: str) -> UploadRecord | None:
        """The record of an upload, None where there was no permission for it."""
        try:
            return cls.get(*keys.upload(media), consistent_read=True)
        except DoesNotExist:
            return None

    def take(self, execution: str, now_ms: int) -> None:
        """The upload is this execution's, until `TAKEN_MS` have passed. Raises `TakenError` where it is another's."""
        free = UploadRecord.execution.does_not_exist() | (UploadRecord.taken_at_ms < now_ms - TAKEN_MS)
        mine = UploadRecord.execution == execution
        self._update(
            [UploadRecord.execution.set(execution), UploadRecord.taken_at_ms.set(now_ms)],
            (UploadRecord.status == PENDING) & (free | mine),
            TakenError(f"{self.media} is another execution's, or done with"),
        )

    def seal(self, now_ms: int) -> None:
        """All parts have arrived and are joined. The record is kept for a day from here, if it is not done with."""
        actions = [
            UploadRecord.sealed_at_ms.set(now_ms),
            UploadRecord.expires_at_s.set(now_ms // 1000 + KEPT_S),
        ]
        self._update(actions, UploadRecord.status == PENDING)

    def cancel(self, refused: Exception) -> None:
        """Its uploader wants it no more. Raises `refused` where it has arrived."""
        arrived = UploadRecord.execution.exists() | UploadRecord.sealed_at_ms.exists()
        self._update(
            [UploadRecord.status.set(CANCELLED)],
            (UploadRecord.status == CANCELLED) | ((UploadRecord.status == PENDING) & ~arrived),
            refused,
        )

    def finish(self, seq: int) -> None:
        """The upload is this message now; its record stays as long as it does, and is not made again after it."""
        actions = [UploadRecord.status.set(DONE), UploadRecord.seq.set(seq), UploadRecord.expires_at_s.remove()]
        self._update(actions, UploadRecord.pk.exists())

    def reject(self, reason: str) -> None:
        """Nothing will come of the upload."""
        actions = [UploadRecord.status.set(REJECTED), UploadRecord.reason.set(reason)]
        self._update(actions, UploadRecord.pk.exists())

    def _update(self, actions: Sequence[Action], condition: Condition, refused: Exception | None = None) -> None:
        """Raises `refused`, where it is given, when the condition does not hold."""
        try:
            self.update(actions=list(actions), condition=condition)
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            if refused:
                raise refused from error

    @classmethod
    def forget(cls, media: str) -> None:
        """Removes the record of an upload; removing none is not an error."""
        cls(*keys.upload(media)).delete()

    def upload(self) -> Upload:
        """The record as the domain's value."""
        return Upload(
            media=self.media,
            room=self.room,
            user=self.user,
            user_name=self.user_name,
            file_name=self.file_name,
            content_type=self.content_type,
            size_bytes=int(self.size_bytes or MAX_UPLOAD_BYTES),
            sha256=self.sha256,
            s3_upload=self.s3_upload,
        )
