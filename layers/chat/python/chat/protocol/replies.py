"""What a command is answered with: an ack with the command's own result, or a refusal."""

import msgspec

from chat.protocol.objects import (
    Author,
    Member,
    Message,
    MessageReport,
    Range,
    Reaction,
    Reactor,
    Reader,
    Reconnection,
    Room,
    Tail,
)


class Ready(msgspec.Struct, frozen=True):
    """The session is usable. Heartbeat and rotation are the server's choice, so that clients spread themselves.

    `rotate_after_s`: open a new connection, subscribe on it, then close this one, before API Gateway does at 2 h.

    `variants`: what the user gets of what the stage tries out, by flag, unless a room makes a difference. Nothing that
    a client does depends on it: it is there to be noted beside what the client measures.

    `epoch` is 0 until another Region has taken over, and grows whenever one does: whoever was acknowledged a message in
    an earlier one shortly before, says it again (`restore`).
    """

    version: int
    user: Author
    connection: str
    now_ms: int
    heartbeat_s: int
    rotate_after_s: int
    reconnect: Reconnection
    variants: dict[str, str] = {}
    epoch: int = 0


class RoomList(msgspec.Struct, frozen=True):
    """Public rooms and the caller's own, by title: usually all of them, else a page of what fits into a frame.

    The caller's own rooms come on the first pages. `after` continues the list; None at its end.
    """

    rooms: list[Room]
    after: str | None = None


class RoomEntered(msgspec.Struct, frozen=True):
    """`last_seq` is the number of the newest message at that moment, 0 in an empty room."""

    room: Room
    last_seq: int


class Subscribed(msgspec.Struct, frozen=True):
    """Messages above `last_seq` come live.

    `recovered`: everything between the client's number and `last_seq` is in `messages`, oldest first. Where it is false
    `gap` is what the client lacks, to be paged with `history`, and `messages` is empty. Without a `gap` it has numbers
    that the room never gave, as after a restore from a backup, and starts over. Without `after` both are empty
    and `recovered` is true.

    `last_rev` is the client's next `after_rev`; a change below it that is still being stored keeps it lower than the
    room's. `changed` has messages as they stand that have changed since, which may be such that the client never had,
    or has in the same form. With `changes_gap` there were too many: the client reads again what it has of the room.

    With a `tail` neither messages nor changes come live: the client polls it. None where they do.
    """

    room: Room
    last_seq: int
    recovered: bool
    messages: list[Message]
    gap: Range | None = None
    last_rev: int = 0
    changed: list[Message] = []
    changes_gap: bool = False
    tail: Tail | None = None


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


class ReportList(msgspec.Struct, frozen=True):
    """`reports` by message number. `after` continues the list; None at its end."""

    reports: list[MessageReport]
    after: str | None = None


class Sent(msgspec.Struct, frozen=True):
    """The message is durable. `sent_at_ms` is the server's clock.

    `voucher` proves to the stage's other Regions that this message has this number; None in a stage of one Region.
    """

    room: str
    seq: int
    sent_at_ms: int
    voucher: str | None = None


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


class ReactionList(msgspec.Struct, frozen=True):
    """`after` continues the list; None at its end."""

    reactions: list[Reactor]
    after: str | None = None


class PinList(msgspec.Struct, frozen=True):
    """By number, as many as fit into a frame. `after` continues the list; None at its end."""

    messages: list[Message]
    after: int | None = None


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
    """`messages` are newest first. Where `before` is a number, the command with it continues.

    A page may be short, even empty, and still continue.
    """

    room: str
    messages: list[Message]
    before: int | None = None


class Synced(msgspec.Struct, frozen=True):
    """The newest numbers of those rooms in which the client lacks some.

    `outside` has those of the command's rooms that the user was not in a moment ago, so that a client learns of a
    removal that it was never told of. What `subscribe` says of such a room holds.

    `revs` has the numbers of the newest changes likewise: they are fetched by `subscribe` with `after_rev`. `tails` has
    those of the command's `revs` whose tail the client is to follow, anew each time; messages of the others come live.
    """

    rooms: dict[str, int]
    now_ms: int
    revs: dict[str, int] = {}
    tails: dict[str, Tail] = {}
    outside: list[str] = []


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


AnyReply = Ack | Refusal
