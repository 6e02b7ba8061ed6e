"""How much each user may upload in a day: one row a user and day, counted before a permission is given."""

from __future__ import annotations

from dataclasses import dataclass

from chat.days import DAY_MS
from chat.errors import TooManyRequestsError
from chat.ports import Table
from chat.storage import keys


@dataclass(frozen=True)
class UploadQuotas:
    """Permissions and bytes a day; days are those of UTC."""

    table: Table
    per_day: int
    bytes_per_day: int

    def take(self, user: str, size_bytes: int, now_ms: int) -> None:
        """Counts an upload, whether or not it ever comes. One write unit; two for one that is refused, and not counted.

        Raises `TooManyRequestsError` with the time until midnight. Of several at once near the limit all may be.
        """
        day = now_ms // DAY_MS
        row = self._add(user, day, 1, size_bytes)
        if int(row["uploads"]) <= self.per_day and int(row["bytes"]) <= self.bytes_per_day:
            return
        self._add(user, day, -1, -size_bytes)
        raise TooManyRequestsError(
            f"One user uploads up to {self.per_day:,} images and {self.bytes_per_day // 1_000_000:,} MB a day.",
            retry_after_ms=(day + 1) * DAY_MS - now_ms,
        )

    def _add(self, user: str, day: int, uploads: int, size_bytes: int) -> dict[str, int]:
        return self.table.update(
            keys.uploads_of_day(user, day),
            add={"uploads": uploads, "bytes": size_bytes},
            assign={"expires_at_s": (day + 2) * DAY_MS // 1000},
        )
