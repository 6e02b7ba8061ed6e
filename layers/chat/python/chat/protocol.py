"""Every frame on the wire, and nothing else: typed commands, replies and events.

A frame is one JSON text: an object, or a list of up to 20 commands one way and of their replies, in order, the other
way. Client to server, then server to client, one example of each:

    {"action":"hello","id":"0","client":"web/1.0"}
    {"action":"rooms","id":"1"}
    {"action":"create","id":"2","title":"Lunch","kind":"private","members":["grace"]}
    {"action":"direct","id":"3","user":"grace"}
    {"action":"join","id":"4","room":"general"}
    {"action":"leave","id":"5","room":"general"}
    {"action":"invite","id":"6","room":"lunch","user":"grace"}
    {"action":"remove","id":"7","room":"lunch","user":"eve","ban":true}
    {"action":"unban","id":"8","room":"lunch","user":"eve"}
    {"action":"mute","id":"9","room":"lunch","user":"eve","for_s":600}
    {"action":"set_role","id":"10","room":"lunch","user":"grace","role":"moderator"}
    {"action":"transfer","id":"11","room":"lunch","user":"grace"}
    {"action":"members","id":"12","room":"lunch","limit":50}
    {"action":"configure","id":"19","room":"lunch","slow_mode_s":30,"blocked_words":["spam"]}
    {"action":"settings","id":"20","room":"lunch"}
    {"action":"report","id":"21","room":"lunch","seq":120,"reason":"An advertisement."}
    {"action":"reports","id":"22","room":"lunch"}
    {"action":"subscribe","id":"13","room":"general","after":117}
    {"action":"unsubscribe","id":"14","room":"general"}
    {"action":"send","id":"7f1c","room":"general","text":"Hello"}
    {"action":"edit","id":"23","room":"general","seq":120,"text":"Hello!"}
    {"action":"delete","id":"24","room":"general","seq":120}
    {"action":"react","id":"25","room":"general","seq":120,"emoji":"👍"}
    {"action":"reactions","id":"26","room":"general","seq":120}
    {"action":"pin","id":"27","room":"general","seq":120}
    {"action":"pins","id":"28","room":"general"}
    {"action":"history","id":"15","room":"general","before":120,"limit":50}
    {"action":"search","id":"19","room":"general","query":"lunch friday","limit":20}
    {"action":"read","id":"16","room":"general","seq":120}
    {"action":"sync","id":"17","rooms":{"general":117}}
    {"action":"typing","id":"31","room":"general"}
    {"action":"presence","id":"32","room":"general"}
    {"action":"receipts","id":"33","room":"general","seq":120}
    {"action":"ping","id":"18"}

    {"type":"ack","id":"7f1c","action":"send","result":{"room":"general","seq":120,"sent_at_ms":1790000000000}}
    {"type":"error","id":"7f1c","code":"room_not_found","message":"…","temporary":false,"retry_after_ms":null}
    {"type":"message","message":{"room":"general","seq":120,"kind":"text","from":{"id":"ada","name":"Ada"},
     "text":"Hello","sent_at_ms":1790000000000,"command_id":"7f1c","media":null}}
    {"type":"message_changed","message":{"room":"general","seq":120,"kind":"text","from":{"id":"ada","name":"Ada"},
     "text":"Hello!","sent_at_ms":1790000000000,"version":2,"changed_at_ms":1790000060000,"rev":7}}
    {"type":"reactions_changed","room":"general","seq":120,"rev":8,"reactions":[{"emoji":"👍","count":1}],
     "user":{"id":"grace","name":"Grace"},"emoji":"👍","removed":false}
    {"type":"pins_changed","room":"general","seq":120,"rev":9,"pinned":true,"by":{"id":"ada","name":"Ada"}}
    {"type":"mention","message":{"room":"general","seq":121,"kind":"text","from":{"id":"ada","name":"Ada"},
     "text":"@grace look","sent_at_ms":1790000070000,"mentions":["grace"]}}
    {"type":"member","room":"lunch","user":{"id":"eve","name":"Eve"},"change":"banned","role":"banned",
     "muted_until_ms":null,"by":{"id":"ada","name":"Ada"}}
    {"type":"read","room":"general","seq":120}
    {"type":"typing","room":"general","user":{"id":"ada","name":"Ada"}}
    {"type":"presence","user":{"id":"ada","name":"Ada"},"online":true}
    {"type":"receipts","room":"general","readers":[{"user":{"id":"ada","name":"Ada"},"seq":120,
     "read_at_ms":1790000000000}]}
    {"type":"room_changed","room":"lunch","slow_mode_s":30,"by":{"id":"ada","name":"Ada"}}
    {"type":"media_rejected","media":"Qm9yZWQ","room":"general","reason":"The image is damaged."}

`id` is the client's own and unique among its user's commands: the reply carries it, and for `send` it makes sending
again safe. Every command gets exactly one reply, `ack` or `error`. Unknown fields are ignored. The sender's identity is
never read from a frame: it is the one its socket was opened with.
"""

from typing import Annotated, Literal

import msgspec

VERSION = 1

MAX_COMMANDS = 20
"""Commands in one frame."""

MAX_TEXT_CHARS = 8_000
MAX_PAGE = 100
MAX_REPLY_BYTES = 120_000
"""A reply frame is no larger: API Gateway sends none above 128 KB (quota L-FD0EB744). Pages are cut to fit."""

MAX_INVITED = 100
MAX_SYNCED = 100
MAX_MUTE_S = 30 * 24 * 3600
MAX_SLOW_MODE_S = 120
MAX_BLOCKED_WORDS = 200
MAX_REASON_CHARS = 500
MAX_ASKED = 100
"""Users whose presence one command asks for."""

TYPING_VALID_S = 10
"""How long somebody is shown to be typing after a notice of it."""

MAX_MENTIONED = 20
"""Users whom one text mentions by name; what follows is text."""

MAX_EMOJI = 20
"""Different emoji on one message."""

MAX_PINS = 100
"""Pinned messages of one room."""


CommandId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
RoomId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)]
Sequence = Annotated[int, msgspec.Meta(ge=1)]
Position = Annotated[int, msgspec.Meta(ge=0)]
"""The newest number that a client has; 0 before the first."""

Emoji = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^\S+$")]
"""An emoji, or a name such as `:party:` that clients have a picture for; told apart by its characters."""

RoomKind = Literal["public", "private", "direct"]
Role = Literal["owner", "moderator", "member", "reader", "banned"]
"""What a user may do in a room, from everything to nothing; a reader reads, a banned user is kept out."""
MessageKind = Literal["text", "image", "void", "deleted"]


class Command(msgspec.Struct, tag_field="action", frozen=True, kw_only=True):
    """What a client asks for. `id` names the command in its reply."""

    id: CommandId


class Hello(Command, tag="hello", frozen=True, kw_only=True):
    """The first command of a connection: who one is, and how to keep the connection well. Reply: `Ready`."""

    client: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ListRooms(Command, tag="rooms", frozen=True):
    """The public rooms and the caller's own. Reply: `RoomList`."""


class CreateRoom(Command, tag="create", frozen=True, kw_only=True):
    """Makes a room and the caller its first member; `members` are invited by user id. Reply: `RoomEntered`.

    `room` is chosen by the server unless given; a taken one answers `room_exists`. Repeating the command with the
    same `id` answers with the room that the first one made.
    """

    title: Title
    kind: Literal["public", "private"] = "public"
    room: RoomId | None = None
    members: Annotated[list[UserId], msgspec.Meta(max_length=MAX_INVITED)] = []


class OpenDirect(Command, tag="direct", frozen=True, kw_only=True):
    """The one room of the caller and `user`, made by whoever asks first. Reply: `RoomEntered`."""

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

    Their open sockets get nothing more of the room, and they read nothing of it, within 5 seconds.
    """

    room: RoomId
    user: UserId
    ban: bool = False


class Unban(Command, tag="unban", frozen=True, kw_only=True):
    """Lets a banned user in again, by joining or invitation. Reply: `Done`."""

    room: RoomId
    user: UserId


class Mute(Command, tag="mute", frozen=True, kw_only=True):
    """Keeps a member from posting for `for_s` seconds, at most 30 days; 0 ends it. Reply: `Done`."""

    room: RoomId
    user: UserId
    for_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_MUTE_S)]


class SetRole(Command, tag="set_role", frozen=True, kw_only=True):
    """Gives a member another role. Owners only. Reply: `Done`."""

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
    no difference. Both are in force everywhere within 5 seconds.
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

    Sent again with the same `id` within 24 h, it keeps its number and is not delivered again. `@` and a member's id in
    the text mentions them, `@room` from a moderator everybody. `reply_to` is the number of what it answers: both are in
    one thread then, named by the number of the message that the first answer was to.
    """

    room: RoomId
    text: Text
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
    after: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,38}$")] | None = None
    limit: PageSize = 50


class Pin(Command, tag="pin", frozen=True, kw_only=True):
    """Pins a message to its room, with `remove` unpins it; twice is once. Moderators. Reply: `Changed`."""

    room: RoomId
    seq: Sequence
    remove: bool = False


class ListPins(Command, tag="pins", frozen=True, kw_only=True):
    """The room's pinned messages. Members only. Reply: `PinList`."""

    room: RoomId


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
    | Subscribe
    | Unsubscribe
    | SendMessage
    | EditMessage
    | DeleteMessage
    | React
    | ListReactions
    | Pin
    | ListPins
    | ReadHistory
    | Search
    | MarkRead
    | Sync
    | StartTyping
    | ReadPresence
    | ReadReceipts
    | Ping
)


class Author(msgspec.Struct, frozen=True):
    """Who said it, as their sign-in named them when they did."""

    id: str
    name: str


class Picture(msgspec.Struct, frozen=True):
    """One stored form of an image. `url` is a path on the site's own origin; sizes are in pixels."""

    url: str
    content_type: str
    width: int
    height: int


class Media(msgspec.Struct, frozen=True):
    """An image in a message: as it was uploaded, and a thumbnail of at most 480 by 480 pixels."""

    id: str
    name: str
    original: Picture
    thumbnail: Picture


class Reaction(msgspec.Struct, frozen=True):
    """How many users reacted with one emoji."""

    emoji: str
    count: int


class Message(msgspec.Struct, frozen=True, rename={"author": "from"}):
    """One entry of a room's log as it stands. `seq` counts 1, 2, 3 … in its room.

    Of two copies the one with the higher `rev` is newer. `kind`: `void` is a number that no message took, `deleted`
    one whose message is gone. `thread` is the number of the message that a reply's thread is named by.
    `replies` and `last_reply_seq` are of the thread that this message names: its replies, deleted ones included, and
    the newest of them, 0 where there is none; a client counts replies above `last_reply_seq` that it gets itself.
    `version` is 1 until it is edited. `changed_by` and `changed_at_ms` are of the last edit, or of its deletion.
    `mine` are the emoji that the reader reacted with; None in what goes to many.
    """

    room: str
    seq: int
    kind: MessageKind
    author: Author | None
    text: str
    sent_at_ms: int
    command_id: str | None = None
    media: Media | None = None
    reply_to: int | None = None
    thread: int | None = None
    replies: int = 0
    last_reply_seq: int = 0
    version: int = 1
    changed_at_ms: int | None = None
    changed_by: Author | None = None
    mentions: list[str] = []
    mentions_room: bool = False
    reactions: list[Reaction] = []
    mine: list[str] | None = None
    pinned: bool = False
    rev: int = 0


class Preview(msgspec.Struct, frozen=True):
    """A room's newest message as lists show it, at most a few seconds old; text cut at 80 characters."""

    seq: int
    author: str
    text: str
    sent_at_ms: int


class Room(msgspec.Struct, frozen=True):
    """A room as one user sees it. A direct room's title is the other user's id.

    `role` is None for who is not in it. `unread` is `last_seq` less `read_seq`; all three are 0 for who is not in it.
    `last_rev` is the number of the newest change to a message; 0 where there is none, and for who is not in it.
    """

    room: str
    title: str
    kind: RoomKind
    member: bool
    role: Role | None = None
    last_seq: int = 0
    read_seq: int = 0
    unread: int = 0
    latest: Preview | None = None
    last_rev: int = 0


class Member(msgspec.Struct, frozen=True):
    """Somebody in a room. `muted_until_ms` is None for who may speak."""

    user: Author
    role: Role
    muted_until_ms: int | None = None


class Reconnection(msgspec.Struct, frozen=True):
    """The window in which a lost connection is opened again: full jitter between nothing and a growing limit.

    The limit starts at `first_ms` and doubles up to `most_ms`.
    """

    first_ms: int
    most_ms: int


class Ready(msgspec.Struct, frozen=True):
    """The session is usable. Heartbeat and rotation are the server's choice, so that clients spread themselves.

    `rotate_after_s`: open a new connection, subscribe on it, then close this one, before API Gateway does at 2 h.
    """

    version: int
    user: Author
    connection: str
    now_ms: int
    heartbeat_s: int
    rotate_after_s: int
    reconnect: Reconnection


class RoomList(msgspec.Struct, frozen=True):
    """Public rooms and the caller's own, by title. Public ones are left out where all don't fit into a frame."""

    rooms: list[Room]


class RoomEntered(msgspec.Struct, frozen=True):
    """`last_seq` is the number of the newest message at that moment, 0 in an empty room."""

    room: Room
    last_seq: int


class Range(msgspec.Struct, frozen=True):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int


class Subscribed(msgspec.Struct, frozen=True):
    """Messages above `last_seq` come live.

    `recovered`: everything between the client's number and `last_seq` is in `messages`, oldest first. Where it is false
    `gap` is what the client lacks, to be paged with `history`, and `messages` is empty. Without `after` both are empty
    and `recovered` is true.

    `last_rev` is the client's next `after_rev`; a change below it that is still being stored keeps it lower than the
    room's. `changed` has messages as they stand that have changed since, which may be such that the client never had,
    or has in the same form. With `changes_gap` there were too many: the client reads again what it has of the room.
    """

    room: Room
    last_seq: int
    recovered: bool
    messages: list[Message]
    gap: Range | None = None
    last_rev: int = 0
    changed: list[Message] = []
    changes_gap: bool = False


class MemberList(msgspec.Struct, frozen=True):
    """`after` continues the list; None at its end."""

    members: list[Member]
    after: str | None = None


class RoomSettings(msgspec.Struct, frozen=True):
    """What is set for a room.

    `slow_mode_s` is 0 where members need not wait. `blocked_words` are shown to moderators, lower case and sorted;
    others get an empty list. The stage may block more words in all rooms.
    """

    room: str
    slow_mode_s: int
    blocked_words: list[str]


class MessageReport(msgspec.Struct, frozen=True):
    """A member's report of the message `seq`. `by` is who reported it."""

    seq: int
    by: Author
    reason: str
    reported_at_ms: int


class ReportList(msgspec.Struct, frozen=True):
    """`reports` by message number. `after` continues the list; None at its end."""

    reports: list[MessageReport]
    after: str | None = None


class Sent(msgspec.Struct, frozen=True):
    """The message is durable. `sent_at_ms` is the server's clock."""

    room: str
    seq: int
    sent_at_ms: int


class Changed(msgspec.Struct, frozen=True):
    """The change is durable. `rev` is its number in the room, or of the last one where nothing was left to do."""

    room: str
    seq: int
    version: int
    rev: int


class Reacted(msgspec.Struct, frozen=True):
    """`reactions` of the message as they stand, most frequent first. `rev` as in `Changed`."""

    room: str
    seq: int
    rev: int
    reactions: list[Reaction]


class Reactor(msgspec.Struct, frozen=True):
    """Who reacted with what, and when."""

    user: Author
    emoji: str
    reacted_at_ms: int


class ReactionList(msgspec.Struct, frozen=True):
    """`after` continues the list; None at its end."""

    reactions: list[Reactor]
    after: str | None = None


class PinList(msgspec.Struct, frozen=True):
    """By number, at most 100."""

    messages: list[Message]


class History(msgspec.Struct, frozen=True):
    """Numbers without holes but those still being stored, oldest first.

    `more` says whether there are older ones than these, `newer` whether there are newer ones. Fewer than were asked for
    where their texts are long: a page fits into one frame.
    """

    room: str
    messages: list[Message]
    more: bool
    newer: bool = False


class Found(msgspec.Struct, frozen=True):
    """`messages` are newest first. Where `before` is a number, a search before it continues this one.

    A page may be short, even empty, and still continue.
    """

    room: str
    messages: list[Message]
    before: int | None = None


class Synced(msgspec.Struct, frozen=True):
    """The newest numbers of those rooms in which the client lacks some; rooms that it may not read are left out.

    `revs` has the numbers of the newest changes likewise: they are fetched by `subscribe` with `after_rev`.
    """

    rooms: dict[str, int]
    now_ms: int
    revs: dict[str, int] = {}


class Presence(msgspec.Struct, frozen=True):
    """`online` counts users, `users` names them by id, as of `as_of_ms`.

    A user is online while one of their sockets is open. Others hear of a change as it comes, of somebody's going 10
    seconds after it; what is said here is what others were told. `room` is None where users were asked for.

    In a room with more than 100 members nobody is named and `listed` is false. `online` is then how many users have the
    room open: counted anew when `as_of_ms` is older than a millisecond for each of their sockets.
    """

    room: str | None
    online: int
    listed: bool
    users: list[Author]
    as_of_ms: int


class Reader(msgspec.Struct, frozen=True):
    """A member who has read the room up to `seq`. They moved on to it at `read_at_ms`."""

    user: Author
    seq: int
    read_at_ms: int


class Receipts(msgspec.Struct, frozen=True):
    """`count` members have read at least up to `seq`; `readers` are some of them, in no order.

    `after` continues the page, None at the end. A page may be short, even empty, and still continue.

    `count` is as of `as_of_ms`. With up to 1,000 readers in the room that is now; with more it is at most a millisecond
    ago for each of them, and `count` may be low by half a percent of them.
    """

    room: str
    seq: int
    count: int
    as_of_ms: int
    readers: list[Reader]
    after: str | None = None


class Pong(msgspec.Struct, frozen=True):
    """The server's clock, ms since 1970."""

    now_ms: int


class Done(msgspec.Struct, frozen=True):
    """Nothing more to say."""


Result = (
    Ready
    | RoomList
    | RoomEntered
    | Subscribed
    | MemberList
    | RoomSettings
    | ReportList
    | Sent
    | Changed
    | Reacted
    | ReactionList
    | PinList
    | History
    | Found
    | Synced
    | Presence
    | Receipts
    | Pong
    | Done
)


class Ack(msgspec.Struct, tag="ack", tag_field="type", frozen=True, kw_only=True):
    """The command was carried out."""

    id: str
    action: str
    result: Result


class Refusal(msgspec.Struct, tag="error", tag_field="type", frozen=True, kw_only=True):
    """The command was not carried out. `id` is None where the frame did not show one.

    `temporary`: the same frame may succeed later, not before `retry_after_ms` (None: whenever the client likes).
    """

    id: str | None
    code: str
    message: str
    temporary: bool = False
    retry_after_ms: int | None = None


class MessagePosted(msgspec.Struct, tag="message", tag_field="type", frozen=True, kw_only=True):
    """A message of a room that this connection subscribed to. The sending connection has the ack instead."""

    message: Message


class MessageChanged(msgspec.Struct, tag="message_changed", tag_field="type", frozen=True, kw_only=True):
    """A message was edited or deleted: here it is as it stands. `message.rev` is the change's number in the room.

    Where the client has a higher `rev` of the message and a lower `version`, a reaction overtook this: the text counts.
    """

    message: Message


class ReactionsChanged(msgspec.Struct, tag="reactions_changed", tag_field="type", frozen=True, kw_only=True):
    """A user added or removed a reaction. `reactions` are all of the message, most frequent first.

    `rev` is the change's number in the room. Of two such events for a message the one with the higher `rev` is true.
    """

    room: str
    seq: int
    rev: int
    reactions: list[Reaction]
    user: Author
    emoji: str
    removed: bool


class PinsChanged(msgspec.Struct, tag="pins_changed", tag_field="type", frozen=True, kw_only=True):
    """A message was pinned or unpinned. `rev` is the change's number in the room."""

    room: str
    seq: int
    rev: int
    pinned: bool
    by: Author


class Mentioned(msgspec.Struct, tag="mention", tag_field="type", frozen=True, kw_only=True):
    """A message mentions this user. Goes to all their connections, whether they subscribed to the room or not.

    Those that did get the message itself as well.
    """

    message: Message


class MemberChanged(msgspec.Struct, tag="member", tag_field="type", frozen=True, kw_only=True):
    """Somebody came, went, or may do something else in a room. Goes to its subscribers, and to who comes or goes.

    `role` is the one they have now, None for who is gone.
    """

    room: str
    user: Author
    change: Literal["joined", "invited", "left", "removed", "banned", "unbanned", "muted", "unmuted", "role"]
    role: Role | None
    muted_until_ms: int | None = None
    by: Author


class ReadMoved(msgspec.Struct, tag="read", tag_field="type", frozen=True, kw_only=True):
    """The user has read a room further on another of their devices."""

    room: str
    seq: int


class TypingStarted(msgspec.Struct, tag="typing", tag_field="type", frozen=True, kw_only=True):
    """Somebody is typing: for 10 seconds, or until a message of theirs comes. Goes to the room's other subscribers."""

    room: str
    user: Author


class PresenceChanged(msgspec.Struct, tag="presence", tag_field="type", frozen=True, kw_only=True):
    """A user came online or went offline. Goes once to each subscriber of rooms that they are a member of.

    Only of their first 100 rooms by id, and of rooms with up to 100 sockets.
    """

    user: Author
    online: bool


class ReceiptsMoved(msgspec.Struct, tag="receipts", tag_field="type", frozen=True, kw_only=True):
    """Somebody has read on. `readers` are all members who have read anything, by id.

    Goes to the room's subscribers, about once a second, where there are up to 100 sockets and 100 such members.
    """

    room: str
    readers: list[Reader]


class RoomChanged(msgspec.Struct, tag="room_changed", tag_field="type", frozen=True, kw_only=True):
    """Something else is set for the room from now on. `slow_mode_s` is 0 where members need not wait.

    Its blocked words are not told.
    """

    room: str
    slow_mode_s: int
    by: Author


class MediaRejected(msgspec.Struct, tag="media_rejected", tag_field="type", frozen=True, kw_only=True):
    """An upload could not become a message, and why. Goes to the uploader's own connections only."""

    media: str
    room: str
    reason: str


AnyEvent = (
    MessagePosted
    | MessageChanged
    | ReactionsChanged
    | PinsChanged
    | Mentioned
    | MemberChanged
    | ReadMoved
    | TypingStarted
    | PresenceChanged
    | ReceiptsMoved
    | RoomChanged
    | MediaRejected
)
AnyReply = Ack | Refusal

_encoder = msgspec.json.Encoder()


def encode(frame: AnyReply | AnyEvent | list[AnyReply]) -> bytes:
    """A frame as it goes over the wire: compact JSON, UTF-8."""
    return _encoder.encode(frame)
