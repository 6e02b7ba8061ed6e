"""What stays of a message whose content is gone: its number, and what hangs on that number."""

from __future__ import annotations

from chat import shown_media
from chat.ports import Delete, Item, Principal, Write
from chat.storage import keys
from chat.storage.changes import Alteration
from chat.storage.messages import DELETED


def deletion(entry: Item, by: Principal, now_ms: int) -> Alteration:
    """Takes a message's content away and says who did; who wrote it stays."""
    gone = _content_gone(entry, now_ms) | {"changed_by": by.user, "changed_by_name": by.name}
    return Alteration("deleted", by.user, by.name, gone, _unpinned(entry), _files(entry))


def erasure(entry: Item, now_ms: int) -> Alteration:
    """Takes a message's content away and who wrote it too."""
    nobody = {"user": None, "name": None, "command_id": None, "changed_by": None, "changed_by_name": None}
    beside = _unpinned(entry)
    if entry.get("command_id"):
        beside.append(Delete(keys.command(entry["user"], entry["command_id"])))
    return Alteration("erased", None, None, _content_gone(entry, now_ms) | nobody, beside, _files(entry))


def standing_in(entry: Item, *, erased: bool, now_ms: int) -> Item:
    """The entry as it has to come back from a backup that was taken before it was deleted, or erased with its author.

    Who deleted it is not known there.
    """
    alteration = erasure(entry, now_ms)
    kept = {} if erased else {"user": entry["user"], "name": entry["name"], "command_id": entry.get("command_id")}
    return {**entry, **alteration.attributes, **kept}


def _content_gone(entry: Item, now_ms: int) -> Item:
    return {
        "version": entry.get("version", 1) + 1,
        "changed_at_ms": now_ms,
        "kind": DELETED,
        "text": "",
        "media": None,
        "mentions": [],
        "mentions_room": False,
        "reactions": {},
        "pinned": False,
    }


def _unpinned(entry: Item) -> list[Write]:
    return [Delete(keys.pin(entry["room"], int(entry["sk"])))] if entry.get("pinned") else []


def _files(entry: Item) -> Item:
    """The image that the message showed: its files are removed by whoever hears of the change."""
    row = entry.get("media")
    if not row:
        return {}
    media = shown_media.from_row(row, entry["room"])
    return {"media": media.id, "objects": shown_media.objects_of(media)}
