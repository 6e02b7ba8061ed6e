"""What the server says unasked: every event, each a frame of its own."""

from typing import Literal

import msgspec

from chat.protocol.fields import Role
from chat.protocol.objects import Author, Message, Preview, Reaction, Reader, Tail


class MessagePosted(msgspec.Struct, tag="message", tag_field="type", frozen=True, kw_only=True):
    """A message of a room that this connection subscribed to. The sending connection has the ack instead."""

    message: Message


class MessageChanged(msgspec.Struct, tag="message_changed", tag_field="type", frozen=True, kw_only=True):
    """A message was edited or deleted: here it is as it stands. `message.rev` is the change's number in the room.

    Where the client has a higher `rev` of the message and a lower `version`, a reaction overtook this: the text counts.
    In a busy room reactions come so, too, once for all changes of the message in a moment: revs between are left out.
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


class RoomAdvanced(msgspec.Struct, tag="room_activity", tag_field="type", frozen=True, kw_only=True):
    """A room of this user has got further than they may know. `latest` is its newest message, `last_seq` its number.

    Goes to their connections that did not subscribe to the room: of a direct one at once, of others about every two
    seconds while something is said, and once after the last. Of rooms above 100 members only mentions are told.
    """

    room: str
    last_seq: int
    latest: Preview


class RoomChanged(msgspec.Struct, tag="room_changed", tag_field="type", frozen=True, kw_only=True):
    """Something else is set for the room from now on. `slow_mode_s` is 0 where members need not wait.

    Its blocked words are not told.
    """

    room: str
    slow_mode_s: int
    by: Author


class RoomPace(msgspec.Struct, tag="room_pace", tag_field="type", frozen=True, kw_only=True):
    """A room is so busy that it goes without something, or no longer does. Goes to its subscribers.

    `step`: `full` is everything. `no_typing` is without who types, `no_receipts` also without who reads on,
    `counts_only` also without who comes and goes. In a `digest` messages come once a second, and of many only the
    newest: see `messages_skipped`. All of it can be asked for at any time.

    With a `tail` the room is too large to be posted to: messages, changes to them and who comes and goes are not sent
    any more, and the client polls the tail from the last number that it has without a hole. None: they are sent again,
    and have been for some seconds; the client polls once more. Events may overtake each other: of two the one with the
    higher `as_of_ms` counts.
    """

    room: str
    step: Literal["full", "no_typing", "no_receipts", "counts_only", "digest"]
    tail: Tail | None = None
    as_of_ms: int = 0


class MessagesSkipped(msgspec.Struct, tag="messages_skipped", tag_field="type", frozen=True, kw_only=True):
    """Messages of a room in a digest that are not sent live: numbers `first` to `last`. The history has them.

    A client fetches them when somebody wants to see them, not all at once. It may have some of them already.
    """

    room: str
    first: int
    last: int


class AuthorErased(msgspec.Struct, tag="author_erased", tag_field="type", frozen=True, kw_only=True):
    """A user's data was erased: clients drop what they hold of theirs in the room, as if each message was deleted.

    Goes to the room's subscribers, and may come several times while it is under way. Messages that are fetched later
    are `deleted` and have no author, and each has a `rev`, so that clients who were away learn of it by `changed`.
    """

    room: str
    user: str


class AccountErasing(msgspec.Struct, tag="account_erasing", tag_field="type", frozen=True, kw_only=True):
    """This user's data is being erased, as they asked: clients sign out, and drop what they hold of the user.

    Goes to all their open sockets while it is under way. The server forgets those sockets: nothing else comes on them.
    """


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
    | RoomAdvanced
    | RoomChanged
    | RoomPace
    | MessagesSkipped
    | AuthorErased
    | AccountErasing
    | MediaRejected
)
