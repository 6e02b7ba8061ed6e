"""Changes to messages: their author gives them another text, their author or a moderator takes them away.

Each is a version. A deleted message keeps its number, who wrote it and when, and nothing else. Whoever listens to the
room is told at once; who does not finds the change in the room's log of changes (`chat.storage.changes`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from chat import access, events, mentions, protection, tombstones
from chat.delivery import deliver
from chat.errors import (
    InvalidFieldError,
    MessageDeletedError,
    MessageNotFoundError,
    NotAllowedError,
    UnavailableError,
)
from chat.messages import LASTING_REFUSALS, message_of
from chat.ports import Absent, Item, Posting, Put, Sender
from chat.protocol import Changed, DeleteMessage, EditMessage, MessageChanged, encode
from chat.services import Services
from chat.storage import keys
from chat.storage.changes import Alteration, Altered, RefusedError
from chat.storage.messages import DELETED, REMEMBERED_S
from chat.terms import message_terms

logger = logging.getLogger(__name__)


def edit(services: Services, sender: Sender, command: EditMessage) -> Changed:
    """Gives the sender's own text another one, checked as a new one is, and tells the room.

    A repeat of a stored edit answers as that did, also where a new one would be refused meanwhile. Raises
    `MessageNotFoundError`, `NotAllowedError` for another's message or one that is no text, `MessageDeletedError`, and
    what `send` raises for a text that is not taken.
    """
    if not command.text.strip():
        raise InvalidFieldError("`text` has nothing in it.")
    try:
        return _take(services, sender, command)
    except (*LASTING_REFUSALS, MessageDeletedError):
        earlier = services.messages.memory(sender.user, command.id)
        if not _remembers(earlier, command):
            raise
        return _repeated(services, command, earlier)


def _take(services: Services, sender: Sender, command: EditMessage) -> Changed:
    """Stores what all that guards the room lets through, and tells of it."""
    membership = access.require_speaker(services, sender.user, command.room)
    now_ms = services.clock.now_ms()
    services.change_pace.require_below_limit(command.room, now_ms)
    protection.check_words(services, command.room, command.text)
    protection.ask_hook(services, Posting(command.room, sender.user, sender.name, command.text, command.id, now_ms))
    mentioned = mentions.find(services, membership, command.text)
    before: list[Item] = []

    def plan(entry: Item) -> Alteration | None:
        _require_editable(entry, sender)
        before[:] = [entry]
        if entry["text"] == command.text:
            return None
        attributes = _version(entry, sender, now_ms) | {
            "text": command.text,
            "mentions": list(mentioned.users),
            "mentions_room": mentioned.room,
        }
        memory = _memory(sender, command, attributes["version"], now_ms)
        return Alteration("edited", sender.user, sender.name, attributes, [memory])

    # Words before the text: a message that is found and lacks them is left out, one that has them must be found.
    known = message_terms("text", _own_text(services, sender, command))
    added = _beyond(known, message_terms("text", command.text))
    services.search_index.add(command.room, command.seq, added)
    try:
        altered = services.changes.alter(command.room, command.seq, plan, now_ms)
    except RefusedError as refused:
        _take_back(services, command, added)
        return _repeated(services, command, refused.standing.get(0))
    except (MessageDeletedError, NotAllowedError):  # deleted, or erased with its author, a moment ago
        _take_back(services, command, added)
        raise
    if altered.done:
        _forget_terms(services, altered.entry, before[0])
        _tell(services, sender, altered)
    return _changed(altered.entry)


def delete(services: Services, sender: Sender, command: DeleteMessage) -> Changed:
    """Leaves a tombstone in the message's place and tells the room; twice is once.

    Raises `MessageNotFoundError` and `NotAllowedError`. A muted author may still delete.
    """
    membership = access.require_member(services, sender.user, command.room)

    def require_deletable(entry: Item) -> None:
        if entry.get("user") != sender.user and not access.moderates(membership):
            raise NotAllowedError("A message is deleted by its author or by a moderator.")

    return take_away(services, sender, command.room, command.seq, require_deletable)


def take_away(
    services: Services, sender: Sender, room: str, seq: int, require_deletable: Callable[[Item], None]
) -> Changed:
    """As `delete`, of a message that `require_deletable` lets pass."""
    now_ms = services.clock.now_ms()
    services.change_pace.require_below_limit(room, now_ms)
    before: list[Item] = []

    def plan(entry: Item) -> Alteration | None:
        require_deletable(entry)
        if entry["kind"] == DELETED:
            return None
        before[:] = [entry]
        return tombstones.deletion(entry, sender, now_ms)

    altered = services.changes.alter(room, seq, plan, now_ms)
    if altered.done:
        _forget_terms(services, altered.entry, before[0])
        _tell(services, sender, altered)
    return _changed(altered.entry)


def _require_editable(entry: Item, sender: Sender) -> None:
    if entry.get("user") != sender.user:
        raise NotAllowedError("A message is edited by its author.")
    if entry["kind"] == DELETED:
        raise MessageDeletedError("This message is deleted.")
    if entry["kind"] != "text":
        raise NotAllowedError("Only a text can be edited.")


def _version(entry: Item, sender: Sender, now_ms: int) -> Item:
    return {
        "version": entry.get("version", 1) + 1,
        "changed_at_ms": now_ms,
        "changed_by": sender.user,
        "changed_by_name": sender.name,
    }


def _memory(sender: Sender, command: EditMessage, version: int, now_ms: int) -> Put:
    """That this command was carried out: sent again it is refused, and answered as it was."""
    pk, sk = keys.command(sender.user, command.id)
    told = {"room": command.room, "seq": command.seq, "version": version, "sent_at_ms": now_ms}
    return Put({"pk": pk, "sk": sk, **told, "expires_at_s": now_ms // 1000 + REMEMBERED_S}, Absent())


def _repeated(services: Services, command: EditMessage, earlier: Item | None) -> Changed:
    if earlier is None or not _remembers(earlier, command):
        raise InvalidFieldError("This id was used for another command; take a new one.")
    entry = services.messages.find(command.room, command.seq) or {}
    return Changed(room=command.room, seq=command.seq, version=int(earlier["version"]), rev=int(entry.get("rev", 0)))


def _remembers(earlier: Item | None, command: EditMessage) -> bool:
    """Whether this very message was edited by a command of this id before."""
    if earlier is None or "version" not in earlier:
        return False
    return (earlier["room"], earlier["seq"]) == (command.room, command.seq)


def _own_text(services: Services, sender: Sender, command: EditMessage) -> str:
    """The text as it stands, of a message that the sender may edit. A consistent read."""
    entry = services.messages.find(command.room, command.seq)
    if entry is None:
        raise MessageNotFoundError("There is no message of this number.")
    _require_editable(entry, sender)
    return str(entry["text"])


def _beyond(known: list[str], terms: list[str]) -> list[str]:
    """Those of the terms that are not known."""
    before = frozenset(known)
    return [term for term in terms if term not in before]


def _take_back(services: Services, command: EditMessage, added: list[str]) -> None:
    """Words of a text that was not stored after all, but for those that the message has as it stands."""
    entry = services.messages.find(command.room, command.seq)
    standing = message_terms(entry["kind"], entry["text"]) if entry else []
    services.search_index.remove(command.room, command.seq, _beyond(standing, added))


def _forget_terms(services: Services, entry: Item, before: Item) -> None:
    """What the message is found by no more. What stays by mistake finds nothing: a search reads the message."""
    standing = message_terms(entry["kind"], entry["text"])
    gone = _beyond(standing, message_terms(before["kind"], before["text"]))
    try:
        services.search_index.remove(entry["room"], int(entry["sk"]), gone)
    except UnavailableError:
        logger.warning("words of an old version stay in the index", extra={"room": entry["room"], "seq": entry["sk"]})


def _tell(services: Services, sender: Sender, altered: Altered) -> None:
    """The room's subscribers, and the lists that show its newest message. Never raises: the change is durable."""
    entry = altered.entry
    services.change_pace.observe(entry["room"], altered.rev, services.clock.now_ms())
    frame = encode(MessageChanged(message=message_of(entry)))
    deliver(services.fanout, entry["room"], frame, except_connection=sender.connection, logged=True)
    if int(entry["sk"]) == altered.newest_seq:
        try:
            services.rooms.revise_latest(entry["room"], events.preview_of(entry))
        except UnavailableError:
            logger.warning("preview shows an old version", extra={"room": entry["room"], "seq": entry["sk"]})


def _changed(entry: Item) -> Changed:
    return Changed(
        room=entry["room"], seq=int(entry["sk"]), version=entry.get("version", 1), rev=int(entry.get("rev", 0))
    )
