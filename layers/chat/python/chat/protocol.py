"""Every frame on the wire, and nothing else: typed commands, replies and events.

A frame is one JSON text. Client to server, then server to client, one example of each:

    {"action":"rooms","id":"1"}
    {"action":"create","id":"2","title":"Lunch","kind":"private","members":["grace"]}
    {"action":"join","id":"3","room":"general"}
    {"action":"leave","id":"4","room":"general"}
    {"action":"subscribe","id":"5","room":"general"}
    {"action":"unsubscribe","id":"6","room":"general"}
    {"action":"send","id":"7f1c","room":"general","text":"Hello"}
    {"action":"history","id":"8","room":"general","before":120,"limit":50}
    {"action":"ping","id":"9"}

    {"type":"ack","id":"7f1c","action":"send","result":{"room":"general","seq":120,"sent_at_ms":1790000000000}}
    {"type":"error","id":"7f1c","code":"room_not_found","message":"…","temporary":false,"retry_after_ms":null}
    {"type":"message","message":{"room":"general","seq":120,"kind":"text","from":{"id":"ada","name":"Ada"},
     "text":"Hello","sent_at_ms":1790000000000,"command_id":"7f1c","media":null}}

`id` is the client's own and unique among its user's commands: the reply carries it, and for `send` it makes sending
again safe. Every command gets exactly one reply, `ack` or `error`. Unknown fields are ignored. The sender's identity is
never read from a frame: it is the one its socket was opened with.
"""

from typing import Annotated, Literal

import msgspec

VERSION = 1

MAX_TEXT_CHARS = 8_000
MAX_PAGE = 100
MAX_REPLY_BYTES = 120_000
"""A reply frame is no larger: API Gateway sends none above 128 KB (quota L-FD0EB744). Pages are cut to fit."""

MAX_INVITED = 100

CommandId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
RoomId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)]
Sequence = Annotated[int, msgspec.Meta(ge=1)]

RoomKind = Literal["public", "private"]
MessageKind = Literal["text", "image", "void"]


class Command(msgspec.Struct, tag_field="action", frozen=True, kw_only=True):
    """What a client asks for. `id` names the command in its reply."""

    id: CommandId


class ListRooms(Command, tag="rooms", frozen=True):
    """The public rooms and the caller's own. Reply: `RoomList`."""


class CreateRoom(Command, tag="create", frozen=True, kw_only=True):
    """Makes a room and the caller its first member; `members` are invited by user id. Reply: `RoomEntered`.

    `room` is chosen by the server unless given; a taken one answers `room_exists`. Repeating the command with the
    same `id` answers with the room that the first one made.
    """

    title: Title
    kind: RoomKind = "public"
    room: RoomId | None = None
    members: Annotated[list[UserId], msgspec.Meta(max_length=MAX_INVITED)] = []


class JoinRoom(Command, tag="join", frozen=True, kw_only=True):
    """Makes the caller a member of a public room; a member who joins again changes nothing. Reply: `RoomEntered`."""

    room: RoomId


class LeaveRoom(Command, tag="leave", frozen=True, kw_only=True):
    """Ends the caller's membership and this connection's subscription. Reply: `Done`."""

    room: RoomId


class Subscribe(Command, tag="subscribe", frozen=True, kw_only=True):
    """Asks for the room's messages on this connection, from `RoomEntered.last_seq` + 1 on. Members only."""

    room: RoomId


class Unsubscribe(Command, tag="unsubscribe", frozen=True, kw_only=True):
    """Ends the room's messages on this connection. Reply: `Done`."""

    room: RoomId


class SendMessage(Command, tag="send", frozen=True, kw_only=True):
    """Stores one text and delivers it to the room. Reply: `Sent`.

    Sent again with the same `id` within 24 h, it keeps its number and is not delivered again.
    """

    room: RoomId
    text: Text


class ReadHistory(Command, tag="history", frozen=True, kw_only=True):
    """Up to `limit` messages numbered below `before` (None: from the newest), oldest first. Reply: `History`."""

    room: RoomId
    before: Sequence | None = None
    limit: PageSize = 50


class Ping(Command, tag="ping", frozen=True):
    """Keeps the connection from idling out (10 min). Reply: `Pong`."""


AnyCommand = ListRooms | CreateRoom | JoinRoom | LeaveRoom | Subscribe | Unsubscribe | SendMessage | ReadHistory | Ping


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


class Message(msgspec.Struct, frozen=True, rename={"author": "from"}):
    """One entry of a room's log. `seq` counts 1, 2, 3 … in its room; `void` is a number that no message took."""

    room: str
    seq: int
    kind: MessageKind
    author: Author | None
    text: str
    sent_at_ms: int
    command_id: str | None = None
    media: Media | None = None


class Preview(msgspec.Struct, frozen=True):
    """A room's newest message as lists show it, at most a few seconds old; text cut at 80 characters."""

    seq: int
    author: str
    text: str
    sent_at_ms: int


class Room(msgspec.Struct, frozen=True):
    """A room as one user sees it."""

    room: str
    title: str
    kind: RoomKind
    member: bool
    latest: Preview | None = None


class RoomList(msgspec.Struct, frozen=True):
    """Public rooms and the caller's own, by title. Public ones are left out where all don't fit into a frame."""

    rooms: list[Room]


class RoomEntered(msgspec.Struct, frozen=True):
    """`last_seq` is the number of the newest message at that moment, 0 in an empty room."""

    room: Room
    last_seq: int


class Sent(msgspec.Struct, frozen=True):
    """The message is durable. `sent_at_ms` is the server's clock."""

    room: str
    seq: int
    sent_at_ms: int


class History(msgspec.Struct, frozen=True):
    """Numbers without holes, oldest first; `more` says whether there are older ones.

    Fewer than were asked for where their texts are long: a page fits into one frame.
    """

    room: str
    messages: list[Message]
    more: bool


class Pong(msgspec.Struct, frozen=True):
    """The server's clock, ms since 1970."""

    now_ms: int


class Done(msgspec.Struct, frozen=True):
    """Nothing more to say."""


Result = RoomList | RoomEntered | Sent | History | Pong | Done


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


class MediaRejected(msgspec.Struct, tag="media_rejected", tag_field="type", frozen=True, kw_only=True):
    """An upload could not become a message, and why. Goes to the uploader's own connections only."""

    media: str
    room: str
    reason: str


_encoder = msgspec.json.Encoder()


def encode(frame: Ack | Refusal | MessagePosted | MediaRejected) -> bytes:
    """A frame as it goes over the wire: compact JSON, UTF-8."""
    return _encoder.encode(frame)
