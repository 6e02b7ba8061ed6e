"""Messages: number and store one, deliver it, and page through a room's log."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from chat import exposures, mentions, pages, protection, shown_media, signals, threads
from chat.access import require_member, require_speaker
from chat.delivery import Outlook, deliver
from chat.errors import (
    BannedError,
    BlockedWordError,
    InvalidFieldError,
    MessageNotFoundError,
    MessageRefusedError,
    MutedError,
    NotAllowedError,
    NotAMemberError,
    SlowModeError,
)
from chat.flags import RECIPIENTS, Recipients, Subject
from chat.ports import Item, Posting, Sender
from chat.protocol import (
    Author,
    History,
    Mentioned,
    Message,
    MessageChanged,
    MessagePosted,
    Reaction,
    ReadHistory,
    SendMessage,
    Sent,
    encode,
)
from chat.services import Services
from chat.storage.changes import Alteration
from chat.storage.messages import Draft, Span, Stored
from chat.storage.vouchers import Acknowledged

UNTOLD_MS = 60_000
"""How long after a message was stored its repeats still deliver it. Who has it already drops it by its number."""

LASTING_REFUSALS = (
    BannedError,
    BlockedWordError,
    MessageNotFoundError,
    MessageRefusedError,
    MutedError,
    NotAMemberError,
    NotAllowedError,
    SlowModeError,
)
"""Refusals that last: after them it is looked whether the message was stored before. Those of load cost no call."""


def send(services: Services, sender: Sender, command: SendMessage) -> Sent:
    """Stores the text and then delivers it; the answer means that it is durable.

    A repeat of a stored command answers with the first one's number, also where a new message would be refused
    meanwhile: what is durable is never said not to be. See `post` for what it delivers.
    """
    if not command.text.strip():
        raise InvalidFieldError("`text` has nothing in it.")
    try:
        stored = _take(services, sender, command)
    except LASTING_REFUSALS:
        earlier = services.messages.recall(command.room, sender.user, command.id)
        if earlier is None or (services.regions and services.messages.find(command.room, earlier.seq) is None):
            raise
        stored = earlier
    return Sent(
        room=command.room,
        seq=stored.seq,
        sent_at_ms=stored.sent_at_ms,
        voucher=_voucher(services, sender, command, stored),
    )


def _voucher(services: Services, sender: Sender, command: SendMessage, stored: Stored) -> str | None:
    if services.regions is None:
        return None
    message = Acknowledged(
        sender.user,
        command.id,
        command.room,
        command.text,
        command.reply_to,
        stored.seq,
        stored.sent_at_ms,
    )
    return services.regions.vouchers.voucher(message)


def _take(services: Services, sender: Sender, command: SendMessage) -> Stored:
    """Stores and delivers what all that guards the room lets through; nothing but slow mode costs a turn in it."""
    membership = require_speaker(services, sender.user, command.room)
    now_ms = services.clock.now_ms()
    services.pace.require_below_limit(command.room, now_ms)
    protection.check_words(services, command.room, command.text)
    posting = Posting(command.room, sender.user, sender.name, command.text, command.id, now_ms)
    protection.ask_hook(services, posting)
    root = threads.root_of(services, command.room, command.reply_to) if command.reply_to else None
    mentioned = mentions.find(services, membership, command.text)
    protection.take_turn(services, membership, command.id)
    return post(
        services,
        Draft(
            room=command.room,
            kind="text",
            user=sender.user,
            name=sender.name,
            text=command.text,
            command_id=command.id,
            sent_at_ms=services.clock.now_ms(),
            reply_to=command.reply_to,
            thread=int(root["sk"]) if root else None,
            mentions=list(mentioned.users),
            mentions_room=mentioned.room,
        ),
        root,
        except_connection=sender.connection,
        role=membership.role,
    )


def post(
    services: Services,
    draft: Draft,
    root: Item | None = None,
    *,
    except_connection: str | None = None,
    role: str = "",
) -> Stored:
    """Numbers, stores and delivers a message of somebody whose right to post was checked.

    A repeat within `UNTOLD_MS` delivers again, and what is stored: the run that did that may have died before it told
    anybody.
    `root`: the message that its thread is named by, if it is a reply. `role`: its author's in the room, "" where nobody
    has looked.
    """
    outlook = Outlook(services.fanout, draft.room)
    subject = Subject(draft.user, draft.room, role)
    services.flags.read_along()
    stored = services.messages.append(draft, root, numbered=lambda: _look_ahead(services, outlook, subject))
    signals.MESSAGES_ACCEPTED.add(not stored.repeated)
    services.pace.observe(draft.room, stored.seq, services.clock.now_ms())
    if not stored.repeated:
        _tell(services, {"sk": stored.seq, **vars(draft)}, except_connection, outlook)
    elif not bring_back(services, replace(draft, sent_at_ms=stored.sent_at_ms), stored.seq):
        _tell_again(services, draft.room, stored, except_connection, outlook)
    protection.count_post(services, draft.room, draft.user)
    return stored


def _look_ahead(services: Services, outlook: Outlook, subject: Subject) -> None:
    """Has it read along whom the message is for, where somebody has to be known by name."""
    if outlook.wanted and exposures.expose(services.flags, RECIPIENTS, subject) is Recipients.ALONG:
        outlook.begin()


def _tell_again(services: Services, room: str, stored: Stored, except_connection: str | None, outlook: Outlook) -> None:
    if services.clock.now_ms() - stored.sent_at_ms < UNTOLD_MS:
        entry = services.messages.find(room, stored.seq)
        if entry is not None:
            _tell(services, entry, except_connection, outlook)


def bring_back(services: Services, draft: Draft, seq: int) -> bool:
    """Stores a message that another Region has numbered and this one lacks, and tells of it; whether it did lack it.

    Whoever has read on is past its number: so it is told as a change, too, which nobody misses. No call in a stage of
    one Region, else a consistent read at least.
    """
    if services.regions is None or not services.regions.returned.restore(draft, seq):
        return False
    altered = services.changes.alter(draft.room, seq, returned_plan, services.clock.now_ms())
    frame = encode(MessageChanged(message=message_of(altered.entry)))
    deliver(services.fanout, draft.room, frame, logged=True)
    return True


def returned_plan(_entry: Item) -> Alteration:
    """Changes nothing of a message but its rev: a change that tells of a message which has come late."""
    return Alteration("returned", None, None, {})


def _tell(services: Services, entry: Item, except_connection: str | None, outlook: Outlook) -> None:
    """Everybody who follows the room, and whom the message mentions. Never raises: it is durable."""
    room, message = entry["room"], message_of(entry)
    frame = encode(MessagePosted(message=message))
    deliver(services.fanout, room, frame, except_connection=except_connection, seq=message.seq, outlook=outlook)
    mentioned = mentions.Mentions(tuple(message.mentions), room=message.mentions_room)
    mentions.tell(services, room, mentioned, encode(Mentioned(message=message)), author=entry["user"])


def read_history(services: Services, sender: Sender, command: ReadHistory) -> History:
    """A page of the room's log, oldest first. Members only."""
    if sum(bound is not None for bound in (command.before, command.after, command.around)) > 1:
        raise InvalidFieldError("Give one of `before`, `after` and `around`.")
    require_member(services, sender.user, command.room)
    if command.thread is not None:
        return _read_thread(services, sender, command, command.thread)
    span = Span(command.limit, before=command.before, after=command.after, around=command.around)
    excerpt = services.messages.read(command.room, span, services.clock.now_ms())
    page = messages_for(services, sender, excerpt.entries)
    if command.after is not None:
        kept = pages.oldest_fitting(page)
    elif command.around is not None:
        kept = pages.nearest_fitting(page, command.around)
    else:
        kept = pages.newest_fitting(page)
    cut_before, cut_after = kept[:1] != page[:1], kept[-1:] != page[-1:]
    return History(
        room=command.room,
        messages=kept,
        more=cut_before or 1 < excerpt.first <= excerpt.newest,
        newer=cut_after or excerpt.last < excerpt.newest,
    )


def messages_for(services: Services, sender: Sender, entries: list[Item]) -> list[Message]:
    """Stored entries as the sender sees them: with their own reactions.

    No call where nobody reacted; else half a read unit for each emoji of each message.
    """
    mine = services.reactions.of_user(sender.user, entries)
    return [msgspec.structs.replace(message_of(entry), mine=mine.get(int(entry["sk"]), [])) for entry in entries]


def message_of(item: Item) -> Message:
    """A stored entry as clients see it."""
    user = item.get("user")
    media = item.get("media")
    return Message(
        room=item["room"],
        seq=int(item["sk"]),
        kind=item["kind"],
        author=Author(id=user, name=item["name"]) if user else None,
        text=item["text"],
        sent_at_ms=item["sent_at_ms"],
        command_id=item.get("command_id"),
        media=shown_media.from_row(media, item["room"]) if media else None,
        reply_to=item.get("reply_to"),
        thread=item.get("thread"),
        replies=item.get("replies", 0),
        last_reply_seq=item.get("last_reply_seq", 0),
        version=item.get("version", 1),
        changed_at_ms=item.get("changed_at_ms"),
        changed_by=Author(id=item["changed_by"], name=item["changed_by_name"]) if item.get("changed_by") else None,
        mentions=item.get("mentions") or [],
        mentions_room=item.get("mentions_room", False),
        reactions=reactions_of(item),
        pinned=item.get("pinned", False),
        rev=item.get("rev", 0),
        until=item.get("until", 0),
    )


def reactions_of(item: Item) -> list[Reaction]:
    """A stored entry's reactions, most frequent first."""
    counts = item.get("reactions") or {}
    return [Reaction(emoji, count) for emoji, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]


def _read_thread(services: Services, sender: Sender, command: ReadHistory, root: int) -> History:
    if command.around is not None:
        raise InvalidFieldError("A thread goes with `before` or `after`.")
    page = services.threads.read(command.room, root, command.limit, before=command.before, after=command.after)
    messages = messages_for(services, sender, page.entries)
    forwards = command.after is not None
    kept = pages.oldest_fitting(messages) if forwards else pages.newest_fitting(messages)
    cut = len(kept) < len(messages)
    return History(
        room=command.room,
        messages=kept,
        more=page.more or (cut and not forwards),
        newer=page.newer or (cut and forwards),
    )
