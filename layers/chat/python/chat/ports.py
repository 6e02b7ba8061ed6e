"""What the domain asks of the world outside: small protocols, each with an AWS and a simulated one behind it.

`Table` is DynamoDB's contract as far as it is used here: conditions, transactions, eventually consistent reads unless
asked otherwise. Key formats and what is stored under them stand in `chat.storage`, above this line, so that every
implementation runs the same access patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

Item = dict[str, Any]
"""Attributes by name: str, int, bool, None, lists and maps of these. `pk` and `sk` are the key."""

Key = tuple[str, str | int]


@dataclass(frozen=True)
class Absent:
    """Holds where no item has this key."""


@dataclass(frozen=True)
class Present:
    """Holds where an item has this key."""


@dataclass(frozen=True)
class Below:
    """Holds where the attribute is absent or less than `value`."""

    attribute: str
    value: int


@dataclass(frozen=True)
class PresentBelow:
    """Holds where an item has the attribute and it is less than `value`."""

    attribute: str
    value: int


@dataclass(frozen=True)
class Equal:
    """Holds where the attribute equals `value`."""

    attribute: str
    value: str | int


@dataclass(frozen=True)
class Differs:
    """Holds where the attribute is absent or anything but `value`."""

    attribute: str
    value: str | int


Condition = Absent | Present | Below | PresentBelow | Equal | Differs


@dataclass(frozen=True)
class Put:
    """Stores `item` whole, over any before it, where `condition` holds (None: always)."""

    item: Item
    condition: Condition | None = None


@dataclass(frozen=True)
class Delete:
    """Removes the item under `key`, where `condition` holds; removing nothing is not an error."""

    key: Key
    condition: Condition | None = None


@dataclass(frozen=True)
class Assign:
    """Sets attributes of the item under `key`, made where absent, where `condition` holds."""

    key: Key
    attributes: Mapping[str, Any]
    condition: Condition | None = None


Write = Put | Delete | Assign


@dataclass(frozen=True)
class Query:
    """One page of a partition in key order.

    `first` and `last` bound the sort key, both included. `start` is the key that the previous page ended with, itself
    excluded. `limit` counts items; a page also ends at 1 MB. `descending` reads from the highest key down.
    """

    pk: str
    first: str | int | None = None
    last: str | int | None = None
    limit: int | None = None
    start: Key | None = None
    consistent: bool = False
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """`end` is the key to start the next page behind; None at the end of the partition."""

    items: list[Item]
    end: Key | None = None


class ConditionError(Exception):
    """A condition did not hold, so nothing was written. `item` is what stands there, None where nothing does."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition not met")
        self.item = item


class TransactionError(Exception):
    """A transaction was refused, so none of it was written.

    `conflicts` holds, for each write whose condition did not hold, its position and the item that stands there.
    """

    def __init__(self, conflicts: Mapping[int, Item | None]) -> None:
        super().__init__("transaction refused")
        self.conflicts = dict(conflicts)


class Table(Protocol):
    """One DynamoDB table.

    Every method raises `UnavailableError` when the table is throttled or out of reach past the retries.
    """

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """The item under `key`, None where there is none."""

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[Item]:
        """Those items of up to 100 distinct keys that exist, in no order."""

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Stores one item. Raises `ConditionError`."""

    def put_many(self, items: Iterable[Item]) -> None:
        """Stores items without a condition, all at once, not in one transaction."""

    def update(
        self,
        key: Key,
        *,
        assign: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        condition: Condition | None = None,
    ) -> Item:
        """Assigns attributes and adds to numbers of one item, made where absent; the item as it then stands.

        An addition that the network repeats counts twice. Raises `ConditionError`.
        """

    def delete(self, key: Key, condition: Condition | None = None) -> Item | None:
        """Removes one item and returns it. Raises `ConditionError`."""

    def delete_many(self, keys: Iterable[Key], condition: Condition | None = None) -> None:
        """Removes items, all at once, not in one transaction; those of which `condition` does not hold stay."""

    def query(self, *queries: Query) -> list[Page]:
        """One page for each query, in the order of the queries, read at the same time."""

    def read_ahead(self, query: Query) -> Callable[[], Page]:
        """Reads a page while whatever is asked next is under way, be it of another table; the result gives it then.

        Where nothing was asked, or that came to nothing, it is read when it is wanted.
        """

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """All of up to 100 writes or none. `token` (≤ 36 characters) makes repeating it within 10 min harmless.

        Raises `TransactionError`.
        """


class Outcome(Enum):
    """What became of one frame for one connection."""

    DELIVERED = "delivered"
    GONE = "gone"
    """No such connection any more: 410."""
    FAILED = "failed"
    """Throttled, refused or out of reach past the retries: worth another try later."""
    TOO_LARGE = "too large"
    """No connection will ever take this frame: 413. It has been logged, and trying again is of no use."""


POSTING_MS = 5_000
"""What posting one frame may take, retries included, unless somebody says otherwise."""


class Sockets(Protocol):
    """The open sockets of the stage."""

    def post(
        self, connection_ids: Sequence[str], frame: bytes, *, retry: bool = True, within_ms: int = POSTING_MS
    ) -> dict[str, Outcome]:
        """Sends one frame to each connection, many at a time, and says for each what became of it. Never raises.

        Without `retry` each is tried once. It takes `within_ms` at most, and less where the invocation ends before;
        who could not be tried by then counts as failed.
        """


class Queue(Protocol):
    """An at-least-once queue."""

    def send(self, bodies: Sequence[bytes], *, delay_s: int = 0) -> None:
        """Enqueues each body (≤ 256 KB). Raises `UnavailableError` unless all of them were taken."""


@dataclass(frozen=True)
class Event:
    """A domain event on its way out. `name`, `room` and `kind` can be filtered by subscribers."""

    name: str
    room: str
    body: bytes
    kind: str = ""
    """Of a message its kind, of a change what it was; empty: nothing to filter by."""
    correlation: str = ""
    """What it goes back to (`chat.correlation`); empty: nothing known."""


@dataclass(frozen=True)
class Posting:
    """A text that somebody wants to post, as a moderation hook is asked about it."""

    room: str
    user: str
    name: str
    text: str
    command_id: str
    sent_at_ms: int


@dataclass(frozen=True)
class Verdict:
    """What a moderation hook says. `reason` is shown to who wanted to post; empty: none was given."""

    allowed: bool
    reason: str = ""


class ModerationHook(Protocol):
    """The operator's own check of texts, asked before anything is stored."""

    def judge(self, posting: Posting) -> Verdict | None:
        """The verdict, None where none came within the deadline. Never raises. May be asked twice about one command."""


class Topic(Protocol):
    """Where domain events are published."""

    def publish(self, events: Sequence[Event]) -> list[bool]:
        """Publishes each event at least once; says for each, in order, whether it was taken. Never raises."""


class Sink(Protocol):
    """What bytes are written to, from the first to the last."""

    def write(self, data: bytes, /) -> int | None:
        """Takes all of them."""

    def flush(self) -> None:
        """Nothing waits for this."""

    def close(self) -> None:
        """As `flush`."""


class Files(Protocol):
    """The stage's bucket of files: images that the site serves, and what users were given of their data."""

    def get(self, key: str) -> bytes | None:
        """The object's bytes, None where there is none."""

    def parts(self, key: str) -> Iterator[bytes] | None:
        """The object's bytes, some megabytes at a time; None where there is none."""

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Stores an object, over any before it."""

    def write(self, key: str, content_type: str) -> AbstractContextManager[Sink]:
        """As `put`, of any size: what is written. Where the context ends with an exception nothing is stored."""

    def remove(self, keys: Sequence[str]) -> None:
        """Removes objects; removing none is not an error."""

    def remove_below(self, prefix: str) -> None:
        """Removes all objects whose keys begin so."""

    def link(self, key: str, *, expires_in_s: int) -> str:
        """A URL that gives the object to whoever has it, until then."""


class EdgeCache(Protocol):
    """The caches all over the world that serve images in the bucket's place."""

    def forget(self, keys: Sequence[str]) -> None:
        """Serves none of these objects any more, a minute or so later; `…/*` are all below. Again is not an error."""


Pause = Callable[[int], None]
"""Waits so many milliseconds."""


class Clock(Protocol):
    """Time, so that a simulation can have its own."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""


class Ids(Protocol):
    """Random names, so that a simulation can repeat them."""

    def new(self) -> str:
        """A name that nobody can guess: 128 bits or more, URL-safe, at most 36 characters."""


@dataclass(frozen=True)
class Principal:
    """Who is speaking, as the server knows it: from the ticket that opened the socket or from a verified token."""

    user: str
    name: str
    operator: bool = field(default=False, kw_only=True)
    """Whether their issuer's token says that they run the stage (`chat.operators`)."""


@dataclass(frozen=True)
class Sender(Principal):
    """A principal and the connection that the command came in on."""

    connection: str

    @property
    def reachable(self) -> bool:
        """Whether a socket stands behind the connection; what came in over HTTP has none to post to."""
        return not self.connection.startswith(VIRTUAL)


VIRTUAL = "http."
"""How connections without a socket begin. API Gateway's own ids have no dot."""
