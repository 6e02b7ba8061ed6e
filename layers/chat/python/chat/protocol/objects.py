"""What replies and events are made of: users, messages, rooms and what belongs to them."""

import msgspec

from chat.protocol.fields import MediaKind, MessageKind, Role, RoomKind


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


class Variant(msgspec.Struct, frozen=True):
    """One form of an image. `url` is a path on the site's own origin, its bytes never change; sizes are in pixels."""

    url: str
    content_type: str
    width: int
    height: int
    size_bytes: int


class MediaFile(msgspec.Struct, frozen=True):
    """What is played or fetched. `url` is a path on the site's own origin, its bytes never change.

    `width` and `height` are of moving pictures, 0 where there are none. `size_bytes` is all that is behind the URL: of
    a playlist its segments, too.
    """

    url: str
    content_type: str
    size_bytes: int
    width: int = 0
    height: int = 0


class Media(msgspec.Struct, frozen=True):
    """An image, a video, a sound or a document in a message. All forms are upright and have no metadata.

    `original`, `thumbnail`, `hash` and `variants` are of the picture that stands for it: the image itself, a frame of
    the video, the waveform of the sound, the document's first page. `original` is the largest one that every client can
    show, `thumbnail` one of at most 480 by 480 pixels. `hash` is the picture's ThumbHash in base64, which a client
    paints until it has more. `variants` go from small to large, and in one size from the type that compresses best to
    the one that everything shows. Images of before there were variants have none, and no hash.

    `files` are what is played or fetched, the one that every client can use first: of a video an MP4 and an HLS
    playlist, of a sound an MP4, of a document itself; an image has none. `duration_ms` and `waveform` (64 peaks from 0
    to 255, in base64) are of what has them, `pages` of a PDF.
    """

    id: str
    name: str
    original: Picture
    thumbnail: Picture
    hash: str | None = None
    variants: list[Variant] = []
    kind: MediaKind = "image"
    files: list[MediaFile] = []
    duration_ms: int | None = None
    waveform: str | None = None
    pages: int | None = None


class Reaction(msgspec.Struct, frozen=True):
    """How many users reacted with one emoji."""

    emoji: str
    count: int


class Message(msgspec.Struct, frozen=True, rename={"author": "from"}):
    """One entry of a room's log as it stands. `seq` counts 1, 2, 3 … in its room.

    Where another Region has taken over, it goes on from a far higher number. What lies between is told as one `void`
    entry whose `until` is the last of those numbers; should the first Region have given some of them, they are told
    as changes once they arrive. `until` is 0 for all else.

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
    until: int = 0


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


class Range(msgspec.Struct, frozen=True):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int


class Tail(msgspec.Struct, frozen=True):
    """Where the room's newest messages and changes are polled: `GET` of `path` with `/live` behind it, and others.

    It is given to who may read the room, is the same for all of them, and ends `valid_ms` after it was given. `poll_ms`
    is the pause between two polls until an answer says another.
    """

    path: str
    poll_ms: int
    valid_ms: int


class MessageReport(msgspec.Struct, frozen=True):
    """A member's report of the message `seq`. `by` is who reported it."""

    seq: int
    by: Author
    reason: str
    reported_at_ms: int


class Reactor(msgspec.Struct, frozen=True):
    """Who reacted with what, and when."""

    user: Author
    emoji: str
    reacted_at_ms: int


class Reader(msgspec.Struct, frozen=True):
    """A member who has read the room up to `seq`. They moved on to it at `read_at_ms`."""

    user: Author
    seq: int
    read_at_ms: int
