"""PynamoDB models: the schema of what media and operations read and write outside the hot path.

Keys come from `chat.storage.keys`, as everywhere.
"""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.models import Model

from chat.media import Upload
from chat.storage import keys

PENDING = "pending"
DONE = "done"
REJECTED = "rejected"

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
    status = UnicodeAttribute(default=PENDING)
    reason = UnicodeAttribute(null=True)
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
        return cls(pk, sk, expires_at_s=now_ms // 1000 + KEPT_S, **fields)

    @classmethod
    def find(cls, media: str) -> UploadRecord | None:
        """The record of an upload, None where there was no permission for it."""
        try:
            return cls.get(*keys.upload(media), consistent_read=True)
        except DoesNotExist:
            return None

    def finish(self) -> None:
        """The upload is a message now; its record stays as long as the message."""
        self.update(actions=[UploadRecord.status.set(DONE), UploadRecord.expires_at_s.remove()])

    def reject(self, reason: str) -> None:
        """Nothing will come of the upload."""
        self.update(actions=[UploadRecord.status.set(REJECTED), UploadRecord.reason.set(reason)])

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
        )
