"""What a client may ask for: one struct a command, named by its `action`. Each gets one reply with its `id`."""

from __future__ import annotations

from typing import Literal

import msgspec


class Command(msgspec.Struct, tag_field="action", frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of the server. `id` names it in its reply."""

    id: str


class Hello(Command, tag="hello", frozen=True, kw_only=True):
    """The first command of a connection. Reply: `Ready`. `epoch` is the highest that one was told."""

    client: str = ""
    epoch: int = 0


class ListRooms(Command, tag="rooms", frozen=True, kw_only=True):
    """The public rooms and one's own. Reply: `RoomList`."""

    after: str | None = None


class CreateRoom(Command, tag="create", frozen=True, kw_only=True):
    """Makes a room. Reply: `RoomEntered`."""

    title: str
    kind: Literal["public", "private"] = "public"
    room: str | None = None
    members: list[str] = []


class OpenDirect(Command, tag="direct", frozen=True, kw_only=True):
    """The one room with another user. Reply: `RoomEntered`."""

    user: str


class JoinRoom(Command, tag="join", frozen=True, kw_only=True):
    """Becomes a member of a public room. Reply: `RoomEntered`."""

    room: str


class LeaveRoom(Command, tag="leave", frozen=True, kw_only=True):
    """Ends one's membership. Reply: `Done`."""

    room: str


class Invite(Command, tag="invite", frozen=True, kw_only=True):
    """Makes another user a member. Reply: `Done`."""

    room: str
    user: str


class RemoveMember(Command, tag="remove", frozen=True, kw_only=True):
    """Ends another's membership; with `ban`, keeps them out. Reply: `Done`."""

    room: str
    user: str
    ban: bool = False


class Unban(Command, tag="unban", frozen=True, kw_only=True):
    """Lets a banned user in again. Reply: `Done`."""

    room: str
    user: str


class Mute(Command, tag="mute", frozen=True, kw_only=True):
    """Keeps a member from posting for a while; 0 s ends it. Reply: `Done`."""

    room: str
    user: str
    for_s: int


class SetRole(Command, tag="set_role", frozen=True, kw_only=True):
    """Gives a member another role. Reply: `Done`."""

    room: str
    user: str
    role: Literal["moderator", "member", "reader"]


class Transfer(Command, tag="transfer", frozen=True, kw_only=True):
    """Makes another member the owner. Reply: `Done`."""

    room: str
    user: str


class ListMembers(Command, tag="members", frozen=True, kw_only=True):
    """A page of a room's members. Reply: `MemberList`."""

    room: str
    after: str | None = None
    limit: int = 50


class Configure(Command, tag="configure", frozen=True, kw_only=True):
    """Changes what is set for a room, and nothing that is left out. Moderators. Reply: `RoomSettings`.

    `slow_mode_s`: seconds between two messages of a member, 1 to 120; 0 ends it. Moderators need not wait.
    `blocked_words`: the whole list, single words of letters and digits up to 40 characters; case and Unicode forms make
    no difference. Both are in force everywhere within 10 seconds.
    """

    room: str
    slow_mode_s: int | None = None
    blocked_words: list[str] | None = None


class ReadSettings(Command, tag="settings", frozen=True, kw_only=True):
    """What is set for a room. Members only. Reply: `RoomSettings`."""

    room: str


class ReportMessage(Command, tag="report", frozen=True, kw_only=True):
    """Tells the room's moderators of a message. Once a user and message: the first report stays. Reply: `Done`."""

    room: str
    seq: int
    reason: str


class ListReports(Command, tag="reports", frozen=True, kw_only=True):
    """A page of the room's reports, of the last 180 days, behind `after`. Moderators. Reply: `ReportList`."""

    room: str
    after: str | None = None
    limit: int = 50


class SettleReports(Command, tag="settle", frozen=True, kw_only=True):
    """Ends all reports of a message: a moderator has decided. Moderators. Reply: `Done`."""

    room: str
    seq: int


class Subscribe(Command, tag="subscribe", frozen=True, kw_only=True):
    """Asks for a room's messages on this connection. Reply: `Subscribed`."""

    room: str
    after: int | None = None
    after_rev: int | None = None


class Unsubscribe(Command, tag="unsubscribe", frozen=True, kw_only=True):
    """Ends a room's messages on this connection. Reply: `Done`."""

    room: str


class SendMessage(Command, tag="send", frozen=True, kw_only=True):
    """Stores and delivers a text; sent again with the same `id` within 24 h it keeps its number. Reply: `Sent`."""

    room: str
    text: str
    reply_to: int | None = None


class RestoreMessage(Command, tag="restore", frozen=True, kw_only=True):
    """Says again what was acknowledged in a Region that has been lost since: it keeps its number. Reply: `Sent`.

    `id`, `room`, `text` and `reply_to` as in the `send`; `seq`, `sent_at_ms` and `voucher` as in what answered it.
    Whether the message has come from its Region by itself meanwhile makes no difference.
    """

    room: str
    text: str
    seq: int
    sent_at_ms: int
    voucher: str
    reply_to: int | None = None


class EditMessage(Command, tag="edit", frozen=True, kw_only=True):
    """Gives the caller's own message another text. Reply: `Changed`.

    Edits at the same time get versions one after the other, and the highest is what stands. Sent again with the same
    `id` within 24 h, it keeps its version. A deleted message answers `message_deleted`.
    """

    room: str
    seq: int
    text: str


class DeleteMessage(Command, tag="delete", frozen=True, kw_only=True):
    """Leaves nothing of a message but its number. Its author, and moderators. Reply: `Changed`.

    Its text, image, reactions and pin are gone; replies to it stay. Twice is once.
    """

    room: str
    seq: int


class React(Command, tag="react", frozen=True, kw_only=True):
    """Adds the caller's reaction to a message, with `remove` takes it away; twice is once. Reply: `Reacted`."""

    room: str
    seq: int
    emoji: str
    remove: bool = False


class ListReactions(Command, tag="reactions", frozen=True, kw_only=True):
    """A page of who reacted to a message, with what, in no order, behind `after`. Reply: `ReactionList`.

    `emoji` asks for that one only.
    """

    room: str
    seq: int
    emoji: str | None = None
    after: str | None = None
    limit: int = 50


class Pin(Command, tag="pin", frozen=True, kw_only=True):
    """Pins a message to its room, with `remove` unpins it; twice is once. Moderators. Reply: `Changed`."""

    room: str
    seq: int
    remove: bool = False


class ListPins(Command, tag="pins", frozen=True, kw_only=True):
    """The room's pinned messages, behind the number `after`. Members only. Reply: `PinList`."""

    room: str
    after: int | None = None


class ReadHistory(Command, tag="history", frozen=True, kw_only=True):
    """A page of a room's log. Reply: `History`."""

    room: str
    thread: int | None = None
    before: int | None = None
    after: int | None = None
    around: int | None = None
    limit: int = 50


class Search(Command, tag="search", frozen=True, kw_only=True):
    """The messages with all words of `query` (up to 8), whatever their case and accents. Members only. Reply: `Found`.

    A message is found a few seconds after it was posted. `before` continues a search below a number.
    """

    room: str
    query: str
    before: int | None = None
    limit: int = 20


class ListFiles(Command, tag="files", frozen=True, kw_only=True):
    """The messages that show a picture, a video, a sound or a document. Members only. Reply: `Found`."""

    room: str
    before: int | None = None
    limit: int = 50


class MarkRead(Command, tag="read", frozen=True, kw_only=True):
    """The room has been read up to `seq`. Reply: `Done`."""

    room: str
    seq: int


class Sync(Command, tag="sync", frozen=True, kw_only=True):
    """The newest number one has of each room. Reply: `Synced`."""

    rooms: dict[str, int]
    revs: dict[str, int] = {}


class StartTyping(Command, tag="typing", frozen=True, kw_only=True):
    """The caller is typing in the room. Sent again every 5 seconds while they do. Reply: `Done`.

    Who looks at the room is told, at most once in 5 seconds for each user. Nobody is told in a room with more than 100
    sockets, beyond five users at a time, or when there is too much else to do; the reply is the same.
    """

    room: str


class ReadPresence(Command, tag="presence", frozen=True, kw_only=True):
    """Who is online: of a `room`, for its members only, or of `users`. Reply: `Presence`.

    One of the two is given.
    """

    room: str | None = None
    users: list[str] | None = None


class ReadReceipts(Command, tag="receipts", frozen=True, kw_only=True):
    """How many members have read at least up to `seq`, and a page of who, behind `after`. Reply: `Receipts`.

    Members only. A room may have any size.
    """

    room: str
    seq: int
    after: str | None = None
    limit: int = 50


class Ping(Command, tag="ping", frozen=True, kw_only=True):
    """Asks for a sign of life. Reply: `Pong`."""
