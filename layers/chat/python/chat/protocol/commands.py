"""What clients ask for: every command, and nothing of what becomes of it."""

from typing import Annotated, Literal

import msgspec

from chat.protocol.fields import (
    MAX_ASKED,
    MAX_BLOCKED_WORDS,
    MAX_INVITED,
    MAX_MUTE_S,
    MAX_REASON_CHARS,
    MAX_SLOW_MODE_S,
    MAX_SYNCED,
    CommandId,
    Emoji,
    Instant,
    PageSize,
    Position,
    RoomId,
    Sequence,
    Text,
    Title,
    UserId,
    Voucher,
)


class Command(msgspec.Struct, tag_field="action", frozen=True, kw_only=True):
    """What a client asks for. `id` names the command in its reply."""

    id: CommandId


class Hello(Command, tag="hello", frozen=True, kw_only=True):
    """The first command of a connection: who one is, and how to keep the connection well. Reply: `Ready`.

    `epoch` is the highest that any `Ready` has told: a Region that has not heard of it refuses with `elsewhere`.
    """

    client: Annotated[str, msgspec.Meta(max_length=100)] = ""
    epoch: Position = 0


class ListRooms(Command, tag="rooms", frozen=True, kw_only=True):
    """The public rooms and the caller's own. Reply: `RoomList`."""

    after: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | None = None


class CreateRoom(Command, tag="create", frozen=True, kw_only=True):
    """Makes a room and the caller its first member; `members` are invited by user id. Reply: `RoomEntered`.

    `room` is chosen by the server unless given; a taken one answers `room_exists`. Repeating the command with the
    same `id` answers with the room that the first one made, to who still is in it.
    """

    title: Title
    kind: Literal["public", "private"] = "public"
    room: RoomId | None = None
    members: Annotated[list[UserId], msgspec.Meta(max_length=MAX_INVITED)] = []


class OpenDirect(Command, tag="direct", frozen=True, kw_only=True):
    """The one room of the caller and `user`, made by whoever asks first; the other is told. Reply: `RoomEntered`."""

    user: UserId


class JoinRoom(Command, tag="join", frozen=True, kw_only=True):
    """Makes the caller a member of a public room; a member who joins again changes nothing. Reply: `RoomEntered`."""

    room: RoomId


class LeaveRoom(Command, tag="leave", frozen=True, kw_only=True):
    """Ends the caller's membership and all their subscriptions to the room. Reply: `Done`.

    An owner first hands the room over, or leaves last.
    """

    room: RoomId


class Invite(Command, tag="invite", frozen=True, kw_only=True):
    """Makes `user` a member. In a private room for its owner and moderators, in a public one for every member."""

    room: RoomId
    user: UserId


class RemoveMember(Command, tag="remove", frozen=True, kw_only=True):
    """Ends another's membership; with `ban`, keeps them out. Moderators remove whom they outrank. Reply: `Done`.

    Their open sockets get nothing more of the room, and they read nothing of it, within 10 seconds.
    """

    room: RoomId
    user: UserId
    ban: bool = False


class Unban(Command, tag="unban", frozen=True, kw_only=True):
    """Lets a banned user in again, by joining or invitation. Reply: `Done`."""

    room: RoomId
    user: UserId


class Mute(Command, tag="mute", frozen=True, kw_only=True):
    """Keeps a member from posting for `for_s` seconds, at most 30 days; 0 ends it. Reply: `Done`.

    Leaving and coming back does not end it.
    """

    room: RoomId
    user: UserId
    for_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_MUTE_S)]


class SetRole(Command, tag="set_role", frozen=True, kw_only=True):
    """Gives a member another role. Owners only. Reply: `Done`.

    A reader who leaves and comes back is a reader again, for 180 days.
    """

    room: RoomId
    user: UserId
    role: Literal["moderator", "member", "reader"]


class Transfer(Command, tag="transfer", frozen=True, kw_only=True):
    """Makes another member the owner and the caller a moderator. Reply: `Done`."""

    room: RoomId
    user: UserId


class ListMembers(Command, tag="members", frozen=True, kw_only=True):
    """A page of the room's members by user id, behind `after`. Members only. Reply: `MemberList`."""

    room: RoomId
    after: UserId | None = None
    limit: PageSize = 50


class Configure(Command, tag="configure", frozen=True, kw_only=True):
    """Changes what is set for a room, and nothing that is left out. Moderators. Reply: `RoomSettings`.

    `slow_mode_s`: seconds between two messages of a member, 1 to 120; 0 ends it. Moderators need not wait.
    `blocked_words`: the whole list, single words of letters and digits up to 40 characters; case and Unicode forms make
    no difference. Both are in force everywhere within 10 seconds.
    """

    room: RoomId
    slow_mode_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_SLOW_MODE_S)] | None = None
    blocked_words: (
        Annotated[
            list[Annotated[str, msgspec.Meta(min_length=1, max_length=80)]], msgspec.Meta(max_length=MAX_BLOCKED_WORDS)
        ]
        | None
    ) = None


class ReadSettings(Command, tag="settings", frozen=True, kw_only=True):
    """What is set for a room. Members only. Reply: `RoomSettings`."""

    room: RoomId


class ReportMessage(Command, tag="report", frozen=True, kw_only=True):
    """Tells the room's moderators of a message. Once a user and message: the first report stays. Reply: `Done`."""

    room: RoomId
    seq: Sequence
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON_CHARS)]


class ListReports(Command, tag="reports", frozen=True, kw_only=True):
    """A page of the room's reports, of the last 180 days, behind `after`. Moderators. Reply: `ReportList`."""

    room: RoomId
    after: Annotated[str, msgspec.Meta(min_length=1, max_length=150)] | None = None
    limit: PageSize = 50


class SettleReports(Command, tag="settle", frozen=True, kw_only=True):
    """Ends all reports of a message: a moderator has decided. Moderators. Reply: `Done`.

    Twice is once. Deciding changes nothing else: what is to go or who, `delete`, `mute` and `remove` see to. Whoever
    reported it may do so again.
    """

    room: RoomId
    seq: Sequence


class Subscribe(Command, tag="subscribe", frozen=True, kw_only=True):
    """Asks for the room's messages on this connection. Members only. Reply: `Subscribed`.

    `after` is the newest number that the client has: up to 100 messages behind it come with the reply, of more it says
    the exact range. Without it nothing is replayed. `after_rev` is the `last_rev` up to which the client knows what
    became of messages it has: up to 100 later changes come with the reply.
    """

    room: RoomId
    after: Position | None = None
    after_rev: Position | None = None


class Unsubscribe(Command, tag="unsubscribe", frozen=True, kw_only=True):
    """Ends the room's messages on this connection. Reply: `Done`."""

    room: RoomId


class SendMessage(Command, tag="send", frozen=True, kw_only=True):
    """Stores one text and delivers it to the room. Reply: `Sent`.

    Sent again with the same `id` within 24 h, it keeps its number, and whoever has it already drops what comes again.
    `@` and a member's id in the text mentions them, `@room` from a moderator everybody. `reply_to` is the number of
    what it answers: both are in one thread then, named by the number of the message that the first answer was to.
    """

    room: RoomId
    text: Text
    reply_to: Sequence | None = None


class RestoreMessage(Command, tag="restore", frozen=True, kw_only=True):
    """Says again what was acknowledged in a Region that has been lost since: it keeps its number. Reply: `Sent`.

    `id`, `room`, `text` and `reply_to` as in the `send`; `seq`, `sent_at_ms` and `voucher` as in what answered it.
    Whether the message has come from its Region by itself meanwhile makes no difference.
    """

    room: RoomId
    text: Text
    seq: Sequence
    sent_at_ms: Instant
    voucher: Voucher
    reply_to: Sequence | None = None


class EditMessage(Command, tag="edit", frozen=True, kw_only=True):
    """Gives the caller's own message another text. Reply: `Changed`.

    Edits at the same time get versions one after the other, and the highest is what stands. Sent again with the same
    `id` within 24 h, it keeps its version. A deleted message answers `message_deleted`.
    """

    room: RoomId
    seq: Sequence
    text: Text


class DeleteMessage(Command, tag="delete", frozen=True, kw_only=True):
    """Leaves nothing of a message but its number. Its author, and moderators. Reply: `Changed`.

    Its text, image, reactions and pin are gone; replies to it stay. Twice is once.
    """

    room: RoomId
    seq: Sequence


class React(Command, tag="react", frozen=True, kw_only=True):
    """Adds the caller's reaction to a message, with `remove` takes it away; twice is once. Reply: `Reacted`."""

    room: RoomId
    seq: Sequence
    emoji: Emoji
    remove: bool = False


class ListReactions(Command, tag="reactions", frozen=True, kw_only=True):
    """A page of who reacted to a message, with what, in no order, behind `after`. Reply: `ReactionList`.

    `emoji` asks for that one only.
    """

    room: RoomId
    seq: Sequence
    emoji: Emoji | None = None
    after: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,38}(?!\n)$")] | None = None
    limit: PageSize = 50


class Pin(Command, tag="pin", frozen=True, kw_only=True):
    """Pins a message to its room, with `remove` unpins it; twice is once. Moderators. Reply: `Changed`."""

    room: RoomId
    seq: Sequence
    remove: bool = False


class ListPins(Command, tag="pins", frozen=True, kw_only=True):
    """The room's pinned messages, behind the number `after`. Members only. Reply: `PinList`."""

    room: RoomId
    after: Position | None = None


class ReadHistory(Command, tag="history", frozen=True, kw_only=True):
    """Up to `limit` messages, oldest first. Reply: `History`.

    Numbered below `before`, above `after`, or with the number `around` in their middle; one of them, or none for the
    newest. `thread` asks for the replies in that thread only, not for the message that it is named by, and goes with
    `before` or `after`.
    """

    room: RoomId
    thread: Sequence | None = None
    before: Sequence | None = None
    after: Position | None = None
    around: Sequence | None = None
    limit: PageSize = 50


class Search(Command, tag="search", frozen=True, kw_only=True):
    """The messages with all words of `query` (up to 8), whatever their case and accents. Members only. Reply: `Found`.

    A message is found a few seconds after it was posted. `before` continues a search below a number.
    """

    room: RoomId
    query: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    before: Sequence | None = None
    limit: PageSize = 20


class ListFiles(Command, tag="files", frozen=True, kw_only=True):
    """The messages that show a picture, a video, a sound or a document. Members only. Reply: `Found`.

    One is listed a few seconds after it was posted. `before` continues the list below a number.
    """

    room: RoomId
    before: Sequence | None = None
    limit: PageSize = 50


class MarkRead(Command, tag="read", frozen=True, kw_only=True):
    """The caller has read the room up to `seq`, on whatever device; never moves back. Reply: `Done`."""

    room: RoomId
    seq: Sequence


class Sync(Command, tag="sync", frozen=True, kw_only=True):
    """The newest number the client has of each room it follows. Reply: `Synced`, with those that have newer ones.

    Sent every `Ready.heartbeat_s`, it also keeps the connection from idling out. `revs` has, by room, the `last_rev`
    up to which the client knows all changes.
    """

    rooms: Annotated[dict[RoomId, Position], msgspec.Meta(max_length=MAX_SYNCED)]
    revs: Annotated[dict[RoomId, Position], msgspec.Meta(max_length=MAX_SYNCED)] = {}


class StartTyping(Command, tag="typing", frozen=True, kw_only=True):
    """The caller is typing in the room. Sent again every 5 seconds while they do. Reply: `Done`.

    Who looks at the room is told, at most once in 5 seconds for each user. Nobody is told in a room with more than 100
    sockets, beyond five users at a time, or when there is too much else to do; the reply is the same.
    """

    room: RoomId


class ReadPresence(Command, tag="presence", frozen=True, kw_only=True):
    """Who is online: of a `room`, for its members only, or of `users`. Reply: `Presence`.

    One of the two is given.
    """

    room: RoomId | None = None
    users: Annotated[list[UserId], msgspec.Meta(min_length=1, max_length=MAX_ASKED)] | None = None


class ReadReceipts(Command, tag="receipts", frozen=True, kw_only=True):
    """How many members have read at least up to `seq`, and a page of who, behind `after`. Reply: `Receipts`.

    Members only. A room may have any size.
    """

    room: RoomId
    seq: Sequence
    after: Annotated[str, msgspec.Meta(min_length=1, max_length=140)] | None = None
    limit: PageSize = 50


class Ping(Command, tag="ping", frozen=True):
    """Keeps the connection from idling out (10 min). Reply: `Pong`."""


AnyCommand = (
    Hello
    | ListRooms
    | CreateRoom
    | OpenDirect
    | JoinRoom
    | LeaveRoom
    | Invite
    | RemoveMember
    | Unban
    | Mute
    | SetRole
    | Transfer
    | ListMembers
    | Configure
    | ReadSettings
    | ReportMessage
    | ListReports
    | SettleReports
    | Subscribe
    | Unsubscribe
    | SendMessage
    | RestoreMessage
    | EditMessage
    | DeleteMessage
    | React
    | ListReactions
    | Pin
    | ListPins
    | ReadHistory
    | Search
    | ListFiles
    | MarkRead
    | Sync
    | StartTyping
    | ReadPresence
    | ReadReceipts
    | Ping
)
