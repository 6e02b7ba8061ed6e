"""Objects of the stage's bucket that nothing refers to: no message shows them, and no upload is going to.

They are left where a function died between storing an image and posting it, or where the event of a deletion was
discarded. Nothing is removed that is younger than `AGE_MS`. Of what is older, an image goes in this order:

1. its upload's record is taken out of the pipeline, on a condition: from here on nobody can begin to announce it;
2. the messages of its room are read, all of them, and do not show it;
3. after a while in which whoever had begun before is through, they are read again, and still do not.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat import signals
from chat.aws.models import CANCELLED, DONE, REJECTED
from chat.media import UPLOADS
from chat.orphans.room_images import RoomImages
from chat.ports import ConditionError, Equal, Files, Item, Table
from chat.purging import Purging
from chat.shown_media import MEDIA, folder_of
from chat.storage import keys
from chat.storage.rooms import get_batches

COLLECTION, DRY_RUN = "collect-media", "collect-media-dry-run"
"""What the two kinds of runs are kept under."""

AGE_MS = 2 * 24 * 3600 * 1000
"""Twice as long as an upload's record and its object are kept."""

SETTLE_S = 30
"""Longer than the function that announces images may run (25 s)."""

COLLECTED = "Nothing came of it in time."

Image = tuple[str, str]
"""Room and id."""


@dataclass(kw_only=True)
class CollectMedia:
    """Of the bucket. `dry_run`: says what would go, marks and removes nothing.

    `calls` counts the calls of S3 and DynamoDB, the listing included.
    """

    rooms: Table
    messages: Table
    files: Files
    purging: Purging
    give_up_parts: Callable[[str, str], None]
    """Ends an upload in parts, by its key and S3's id of it."""
    now_ms: Callable[[], int]
    pause: Callable[[float], None] = time.sleep
    dry_run: bool = False
    calls: int = 0
    table: str = field(default="bucket", init=False)

    @property
    def name(self) -> str:
        """A dry run has a way of its own."""
        return DRY_RUN if self.dry_run else COLLECTION

    def work(self, page: Sequence[Item]) -> Counter[str]:
        """A read unit for each image, a Query for 64 messages of rooms in which one is not accounted for."""
        self.calls += 1
        oldest_ms = self.now_ms() - AGE_MS
        old = [row for row in page if row["at_ms"] < oldest_ms]
        parts = [row for row in old if "upload" in row]
        raw = [row["key"] for row in old if "upload" not in row and row["key"].startswith(UPLOADS)]
        shown = [row["key"] for row in old if row["key"].startswith(MEDIA)]
        orphaned = self._orphaned(shown)
        if not self.dry_run:
            self._give_up(parts)
            self._remove([*raw, *orphaned])
        found = Counter(parts=len(parts), uploads=len(raw), variants=len(orphaned))
        signals.MEDIA_ORPHANS.add(found.total(), of="found" if self.dry_run else "removed")
        return found

    def _give_up(self, parts: Sequence[Item]) -> None:
        for row in parts:
            self.calls += 1
            self.give_up_parts(row["key"], row["upload"])

    def _remove(self, gone: Sequence[str]) -> None:
        if gone:
            self.calls += 1
            self.files.remove(gone)

    def _orphaned(self, objects: Sequence[str]) -> list[str]:
        """Those of the objects that no message shows."""
        by_image: defaultdict[Image, list[str]] = defaultdict(list)
        for key in objects:
            by_image[_image_of(key)].append(key)
        records = self._records(by_image)
        in_doubt = [image for image in by_image if not self._is_shown(image, records.get(image))]
        if not in_doubt:
            return []
        orphans = self._unseen(in_doubt, records)
        if not self.dry_run:
            self._forget([image for image in orphans if records.get(image, {}).get("status") == DONE])
        return [key for image in orphans for key in by_image[image]]

    def _records(self, images: Sequence[Image] | dict[Image, Any]) -> dict[Image, Item]:
        """The records of uploads, as far as there are any."""
        by_media = {media: (room, media) for room, media in images}
        found = get_batches(self.rooms, [keys.upload(media) for media in by_media], consistent=True)
        self.calls += -(-len(by_media) // 100)
        return {by_media[record["media"]]: record for record in found}

    def _is_shown(self, image: Image, record: Item | None) -> bool:
        """Whether the message that the record names shows the image: of nearly all it does."""
        if record is None or record["status"] != DONE or "seq" not in record:
            return False
        room, media = image
        self.calls += 1
        message = self.messages.get(keys.message(room, int(record["seq"])), consistent=True) or {}
        return bool(message.get("media")) and message["media"]["id"] == media

    def _unseen(self, in_doubt: Sequence[Image], records: dict[Image, Item]) -> list[Image]:
        """Those that their rooms do not show, now and after a while."""
        held = [image for image in in_doubt if self._take_out(records.get(image))]
        rooms = {room: RoomImages(self.messages, room) for room, _ in held}
        missing = self._look(rooms, held)
        if missing and not self.dry_run:
            self.pause(SETTLE_S)
            missing = self._look(rooms, missing)
        self.calls += sum(read.calls for read in rooms.values())
        return missing

    @staticmethod
    def _look(rooms: dict[str, RoomImages], images: Sequence[Image]) -> list[Image]:
        for room in {room for room, _ in images}:
            rooms[room].look()
        return [(room, media) for room, media in images if media not in rooms[room].shown]

    def _take_out(self, record: Item | None) -> bool:
        """Keeps an upload from being announced from now on; False where something has happened to it meanwhile."""
        if self.dry_run or record is None or record["status"] in {DONE, REJECTED, CANCELLED}:
            return True
        self.calls += 1
        try:
            self.rooms.update(
                keys.upload(record["media"]),
                assign={"status": REJECTED, "reason": COLLECTED},
                condition=Equal("status", record["status"]),
            )
        except ConditionError:
            return False
        return True

    def _forget(self, images: Sequence[Image]) -> None:
        """Images that were shown once: caches forget them, and their records go."""
        if not images:
            return
        self.calls += 1 + len(images)
        self.purging.forget(folder_of(*image) for image in images)
        self.rooms.delete_many([keys.upload(media) for _, media in images], Equal("status", DONE))


def _image_of(key: str) -> Image:
    room, _, rest = key.removeprefix(MEDIA).partition("/")
    return room, rest.partition("/")[0]
