"""What the server answers with and tells of: rooms, people, messages, and the results of commands.

Kinds and roles are plain strings, and unknown fields are ignored: a newer server may know more of them.
"""

from __future__ import annotations

import msgspec


class Author(msgspec.Struct, frozen=True):
    """A user: the id is theirs for ever, the name is how their sign-in called them."""

    id: str
    name: str


class Picture(msgspec.Struct, frozen=True):
    """One stored form of an image. `url` is a path on the stage's origin; sizes are in pixels."""

    url: str
    content_type: str
    width: int
    height: int


class Variant(msgspec.Struct, frozen=True):
    """One form of an image, whose bytes never change. `url` is a path on the stage's origin; sizes are in pixels."""

    url: str
    content_type: str
    width: int
    height: int
    size_bytes: int


class MediaFile(msgspec.Struct, frozen=True):
    """What is played or fetched, whose bytes never change. `url` is a path on the stage's origin.

    `width` and `height` are of moving pictures, in pixels. `size_bytes` of a playlist includes its segments.
    """

    url: str
    content_type: str
    size_bytes: int
    width: int = 0
    height: int = 0


class Media(msgspec.Struct, frozen=True):
    """An image, a video, a sound or a document in a message: `kind` is `image`, `video`, `audio` or `document`.

    `original`, `thumbnail`, `hash` and `variants` are of the picture that stands for it: the image, a frame, the
    waveform, the first page. `hash` is its ThumbHash in base64. `variants` go from small to large, and in one size from
    the type that compresses best to the one that everything shows; images of older servers have neither.

    `files` are what is played or fetched, the one that everything plays first; an image has none. `waveform` are 64
    peaks of a sound from 0 to 255, in base64.
    """

    id: str
    name: str
    original: Picture
    thumbnail: Picture
    hash: str | None = None
    variants: list[Variant] = []
    kind: str = "image"
    files: list[MediaFile] = []
    duration_ms: int | None = None
    waveform: str | None = None
    pages: int | None = None

    def best(self, *content_types: str, longest_px: int | None = None) -> Picture | Variant:
        """What to fetch for a place of that size: the smallest form that fills it, of a type that is named, if any is.

        None for `longest_px` is the largest. The types stand in the order in which they are liked.
        """
        for content_type in content_types:
            found = [each for each in self.variants if each.content_type == content_type]
            filling = [each for each in found if longest_px and max(each.width, each.height) >= longest_px]
            if found:
                return filling[0] if filling else found[-1]
        small = max(self.thumbnail.width, self.thumbnail.height)
        return self.thumbnail if longest_px and longest_px <= small else self.original


class Reaction(msgspec.Struct, frozen=True):
    """How many users reacted with one emoji."""

    emoji: str
    count: int


class Message(msgspec.Struct, frozen=True, rename={"author": "from"}):
    """One entry of a room's log, numbered 1, 2, 3 … by `seq`.

    `kind` is `text`, that of its media, `void` (a number that no message took, author None) or one that a newer server
    knows. `command_id` is the id that its sender gave it. `until` is the last number of those that a `void` entry
    stands for, where it stands for more than one; 0 for all else.
    """

    room: str
    seq: int
    kind: str
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
    until: int = 0

    @property
    def last(self) -> int:
        """The last of the numbers that it stands for: its own, but for a `void` entry with `until`."""
        return self.until or self.seq


class Preview(msgspec.Struct, frozen=True):
    """A room's newest message, at most a few seconds old, as lists show it."""

    seq: int
    author: str
    text: str
    sent_at_ms: int


class Room(msgspec.Struct, frozen=True):
    """A room as this user sees it. `kind` is `public`, `private` or `direct`; `role` None for who is not in it."""

    room: str
    title: str
    kind: str
    member: bool
    role: str | None = None
    last_seq: int = 0
    read_seq: int = 0
    unread: int = 0
    latest: Preview | None = None
    last_rev: int = 0


class Member(msgspec.Struct, frozen=True):
    """Somebody in a room. `muted_until_ms` is None for who may speak."""

    user: Author
    role: str
    muted_until_ms: int | None = None


class Reconnection(msgspec.Struct, frozen=True):
    """Full jitter between nothing and a limit that starts at `first_ms` and doubles up to `most_ms`."""

    first_ms: int
    most_ms: int


class Ready(msgspec.Struct, frozen=True):
    """Who one is, and how the server wants the connection kept.

    `epoch` grows whenever another Region takes over the stage.
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
    """Public rooms and one's own. `after` continues the list; None at its end."""

    rooms: list[Room]
    after: str | None = None


class RoomEntered(msgspec.Struct, frozen=True):
    """A room, and its newest number at that moment."""

    room: Room
    last_seq: int


class Range(msgspec.Struct, frozen=True):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int


class Tail(msgspec.Struct, frozen=True):
    """Where a very large room is polled, for `valid_ms` from now on; `poll_ms` until an answer says another pause."""

    path: str
    poll_ms: int
    valid_ms: int


class Subscribed(msgspec.Struct, frozen=True):
    """What lay between the number one had and `last_seq`, or in `gap` that it is too much for a reply."""

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
    """A page; `after` continues, None at the end."""

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
    """By number. `after` continues the list; None at its end."""

    messages: list[Message]
    after: int | None = None


class History(msgspec.Struct, frozen=True):
    """A page, oldest first; numbers still being stored are left out."""

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
    """The newest numbers of rooms in which one lacks some; `outside`: rooms that one was not in a moment ago."""

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
