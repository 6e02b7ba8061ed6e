"""Reactions: who adds or takes away an emoji, how many there are, and who they are from."""

from __future__ import annotations

from chat import access
from chat.delivery import deliver
from chat.errors import MessageDeletedError, MessageNotFoundError, NotAllowedError
from chat.messages import reactions_of
from chat.ports import Item, Sender
from chat.protocol import (
    MAX_EMOJI,
    Author,
    ListReactions,
    React,
    Reacted,
    ReactionList,
    ReactionsChanged,
    Reactor,
    encode,
)
from chat.services import Services
from chat.storage import reactions
from chat.storage.changes import Alteration, RefusedError
from chat.storage.messages import DELETED


def react(services: Services, sender: Sender, command: React) -> Reacted:
    """Adds or removes one reaction and tells the room; a repeat changes and tells nothing.

    Raises `MessageNotFoundError`, `MessageDeletedError`, and `NotAllowedError` above `MAX_EMOJI` different ones.
    Calls: two reads, then the change: 1 write unit and a transaction of three items.
    """
    access.require_speaker(services, sender.user, command.room)
    now_ms = services.clock.now_ms()
    services.change_pace.require_below_limit(command.room, now_ms)
    has = services.reactions.has(command.room, command.seq, command.emoji, sender.user)

    def plan(entry: Item) -> Alteration | None:
        _require_alive(entry)
        if has is not command.remove:
            return None
        counts = _counted(entry, command)
        place = command.room, command.seq, command.emoji, sender
        row = reactions.removed(*place) if command.remove else reactions.added(*place, now_ms)
        detail = {"emoji": command.emoji, "removed": command.remove}
        return Alteration("reactions", sender.user, sender.name, {"reactions": counts}, [row], detail)

    try:
        altered = services.changes.alter(command.room, command.seq, plan, now_ms)
    except RefusedError:  # the same command at the same time, from another connection or once more
        return _reacted(services.messages.find(command.room, command.seq), command)
    if altered.done:
        services.change_pace.observe(command.room, altered.rev, now_ms)
        event = ReactionsChanged(
            room=command.room,
            seq=command.seq,
            rev=altered.rev,
            reactions=reactions_of(altered.entry),
            user=Author(sender.user, sender.name),
            emoji=command.emoji,
            removed=command.remove,
        )
        deliver(services.fanout, command.room, encode(event), except_connection=sender.connection, unless_tailed=True)
    return _reacted(altered.entry, command)


def list_reactions(services: Services, sender: Sender, command: ListReactions) -> ReactionList:
    """A page of who reacted. Raises `MessageNotFoundError` and `MessageDeletedError`."""
    access.require_member(services, sender.user, command.room)
    entry = services.messages.find(command.room, command.seq)
    if entry is None:
        raise MessageNotFoundError("There is no message of this number.")
    _require_alive(entry)
    rows, after = services.reactions.page(command.room, command.seq, command.emoji, command.after, command.limit)
    found = [Reactor(Author(row["user"], row["name"]), row["emoji"], row["reacted_at_ms"]) for row in rows]
    return ReactionList(reactions=found, after=after)


def _require_alive(entry: Item) -> None:
    if entry["kind"] == DELETED:
        raise MessageDeletedError("This message is deleted.")


def _counted(entry: Item, command: React) -> dict[str, int]:
    """The message's counts with this reaction more, or less."""
    counts: dict[str, int] = dict(entry.get("reactions") or {})
    count = counts.pop(command.emoji, 0) + (-1 if command.remove else 1)
    if count > 0:
        counts[command.emoji] = count
    if len(counts) > MAX_EMOJI:
        raise NotAllowedError(f"A message has up to {MAX_EMOJI} different reactions.")
    return counts


def _reacted(entry: Item | None, command: React) -> Reacted:
    entry = entry or {}
    return Reacted(room=command.room, seq=command.seq, rev=int(entry.get("rev", 0)), reactions=reactions_of(entry))
