"""The client: one user at one stage, as a library's caller sees it.

Commands are in `room_commands` and `message_commands`; here is what is more than one command: connecting, reading,
sending, uploading, listening. Several tasks may use one client at the same time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast, overload

from agent_chat import frames, uploads
from agent_chat.addresses import Addresses
from agent_chat.connection import CaughtUp, Connection, ConnectionEvent, Excluded
from agent_chat.dispatch import Dispatcher, Outgoing, own_message
from agent_chat.errors import ClosedError
from agent_chat.events import EVERY_KIND, ConnectionChanged, ConnectionState, Event, EventStream, EventStreams, Way
from agent_chat.feeds import FeedRegistry
from agent_chat.frames import (
    Author,
    Changed,
    Command,
    MediaRejected,
    MemberChanged,
    Message,
    MessageChanged,
    MessagePosted,
    MessagesSkipped,
    PinsChanged,
    ReactionsChanged,
    Ready,
    RoomPace,
    Sent,
)
from agent_chat.http import Progress
from agent_chat.ids import new_id
from agent_chat.media_links import MediaLinks
from agent_chat.message_commands import MessageCommands
from agent_chat.room_commands import RoomCommands
from agent_chat.room_feed import RoomFeed
from agent_chat.session import Session
from agent_chat.tail_documents import HttpTails
from agent_chat.tokens import TokenProvider, token_source
from agent_chat.upload_api import UploadApi
from agent_chat.upload_outcome import UploadOutcome
from agent_chat.ways import Ways

OPEN_TIMEOUT_S = 30.0
DRAIN_S = 5.0
"""How long a client that is closed in peace waits for its last messages to be stored."""

Kind = TypeVar("Kind")
Listened = TypeVar("Listened", bound=Event)


class Chat(RoomCommands, MessageCommands):
    """One signed-in user. Made by `connect`."""

    def __init__(
        self, url: str | Sequence[str], *, token: str | TokenProvider | None = None, name: str | None = None
    ) -> None:
        self._addresses = Addresses(url)
        self._tokens = token_source(self._addresses, token, name)
        self._media_links = MediaLinks(self._addresses, self._tokens)
        self._session = Session(Ways(self._addresses, self._tokens, client=_client_name()), self)
        self._streams = EventStreams()
        self._feeds = FeedRegistry(self._session, HttpTails(self._addresses), self._streams.offer)
        self._dispatcher = Dispatcher(self._session, self._stored)

    @classmethod
    def connect(
        cls,
        url: str | Sequence[str],
        *,
        token: str | TokenProvider | None = None,
        name: str | None = None,
        timeout_s: float = OPEN_TIMEOUT_S,
    ) -> Connecting:
        """Signs in at a stage and opens a connection: `async with Chat.connect(…) as chat`, or `await` and `close`.

        `url` is the stage's, the one its page has; of a stage in several Regions they are its addresses in each, the
        one to be asked first in front. `token` is a bearer token of the stage's issuer, or a function
        (plain or async) that returns one whenever it is needed, so that a long-lived client has a fresh one. `name`
        signs in by name, in local and dev stages. One of both is given.

        Raises `UnreachableError` when nobody answers, `UnauthorizedError`, `SignInUnavailableError`; ValueError for
        what is no URL.
        """
        return Connecting(url, token, name, timeout_s)

    @property
    def user(self) -> Author:
        """Who this client speaks as, by the server's word."""
        return self._session.ready.user

    @property
    def ready(self) -> Ready:
        """What the server said when the current connection was opened."""
        return self._session.ready

    @property
    def state(self) -> ConnectionState:
        """How the connection is now; `events(ConnectionChanged)` tells every change."""
        return self._session.state

    @property
    def way(self) -> Way | None:
        """What the connection goes over, a socket or where none can be opened HTTP; None while there is none."""
        return self._session.way

    async def close(self, *, drain_s: float = 0) -> None:
        """Ends all feeds and event streams and closes the connection. Safe to repeat.

        Messages not acknowledged get `drain_s` for it; then their senders get `ClosedError`.
        """
        if drain_s and self._session.state not in {"closed", "refused"}:
            await self._dispatcher.drain(drain_s)
        await self._dispatcher.close()
        await self._feeds.close()
        await self._session.close()
        self._streams.close()

    def subscribe(self, room: str, *, after: int | None = None, recent: int = 0) -> RoomFeed:
        """A feed of the room's messages, in order and without gaps; see `RoomFeed`.

        `after`: begins behind this number, however long ago that was. Otherwise with what comes now, and the newest
        `recent` numbers before it.
        """
        return RoomFeed(self._feeds, room, after=after, recent=recent)

    async def send(self, room: str, text: str, *, reply_to: int | None = None, command_id: str | None = None) -> Sent:
        """Stores a text of 1 to 8,000 characters and delivers it; returns when it is durable, however long that takes.

        Messages of one client to one room keep the order of their calls. `reply_to` is the number of the message that
        this one answers. `command_id` is for those who want to
        send again after their own restart: the same id within 24 h never stores twice. Raises the server's refusal.
        """
        return await self.post(room, text, reply_to=reply_to, command_id=command_id)

    def post(self, room: str, text: str, *, reply_to: int | None = None, command_id: str | None = None) -> Outgoing:
        """As `send`, without waiting. Raises `OutboxFullError` when 1,000 messages wait."""
        return self._dispatcher.post(command_id or new_id(), room, text, reply_to)

    async def media_url(self, path: str) -> str:
        """An address that loads a `url` of a message's media, by whatever program, for one to five minutes.

        One request for all images of a room, every four minutes at most. Raises `NotAMemberError` for a room that one
        is not in; ValueError for another path.
        """
        return await self._media_links.link(path)

    async def upload(
        self,
        room: str,
        path: str | os.PathLike[str],
        *,
        content_type: str | None = None,
        progress: Progress | None = None,
        permitted: Callable[[str], None] | None = None,
        resume: str | None = None,
    ) -> Message:
        """Uploads an image, a video, a sound or a document and returns the message that it became.

        `progress(sent_bytes, total_bytes)` is called as the bytes go. The type is the file name's unless given. A large
        file goes in parts, of which three are in memory at a time; `permitted(media)` hears what the upload is known
        by, and `resume=media` goes on with it within half a day, from anywhere: only what is missing is sent. Raises
        `UnsupportedTypeError`, `TooLargeError`, `NotAMemberError` before anything is sent, `MediaRejectedError` when
        the file is not what it seems, OSError or ValueError for the file. As long as the stage says that it works on
        it, which is 90 minutes at most, the message is waited for; `OutcomeUnknownError` when nothing is heard of it
        for two minutes besides.
        """
        file = Path(path)
        kind = content_type or uploads.guess_content_type(file)
        uploading = uploads.Uploading(self._upload_api, room, file, kind, progress, permitted)
        rejections = self.events(MediaRejected)
        try:
            async with self.subscribe(room, recent=uploads.RECENT if resume else 0) as feed:
                media = await uploading.send(resume)
                return await UploadOutcome(self._upload_api, media, feed, rejections).message()
        finally:
            rejections.close()

    async def cancel_upload(self, media: str) -> None:
        """Gives up an upload that has not arrived. Raises `UploadNotFoundError`, `UploadClosedError`."""
        await self._upload_api.cancel(media)

    @property
    def _upload_api(self) -> UploadApi:
        return UploadApi(self._addresses.api, self._tokens)

    @overload
    def events(self) -> EventStream[Event]: ...

    @overload
    def events(self, *kinds: type[Listened]) -> EventStream[Listened]: ...

    def events(self, *kinds: type[Listened]) -> EventStream[Listened]:
        """What happens besides new messages, from now on: `async for change in chat.events(MemberChanged): …`.

        All kinds of `agent_chat.Event` unless some are given. Changes of messages come of rooms that a feed is open of;
        those that were missed while there was no connection come once there is one again, as `MessageChanged`, or as
        `ChangesMissed` where they were too many.
        """
        stream = EventStream(cast("tuple[type[Listened], ...]", kinds or EVERY_KIND))
        self._streams.add(cast("EventStream[Event]", stream))
        return stream

    async def ping(self) -> int:
        """The server's clock, ms since 1970."""
        return (await self.call(frames.Ping(id=new_id()), frames.Pong)).now_ms

    # What the session asks of its owner

    async def start(self, timeout_s: float) -> None:
        """Opens the first connection; `connect` does it."""
        try:
            await self._session.start(timeout_s)
        except BaseException:
            await self.close()
            raise

    def receive(self, event: ConnectionEvent) -> None:
        """An event of the connection."""
        if isinstance(event, MessagePosted):
            self._feeds.accept(event.message)
            return
        if isinstance(event, CaughtUp):
            self._feeds.catch_up(event)
            return
        if isinstance(event, Excluded):
            self._feeds.exclude(event)
            return
        self._streams.offer(event)
        if isinstance(event, MessageChanged | ReactionsChanged | PinsChanged):
            self._feeds.notice(event)
        if isinstance(event, RoomPace):
            self._feeds.pace(event)
        if isinstance(event, MessagesSkipped):
            self._feeds.learn(event.room, event.last)
        if isinstance(event, MemberChanged) and event.user.id == self.user.id:
            self._feeds.dismiss(event)

    def state_changed(self, changed: ConnectionChanged) -> None:
        """The connection is in another state."""
        self._streams.offer(changed)
        if changed.state == "online":
            self._dispatcher.connected()
        if changed.state in {"closed", "refused"}:
            error = self._session.failure or ClosedError("The client was closed.")
            self._feeds.end(error)
            self._dispatcher.end(error)

    async def resume(self, connection: Connection) -> None:
        """Continues all feeds on a new connection."""
        await self._feeds.resume(connection)

    async def sync(self, connection: Connection, timeout_s: float) -> None:
        """The heartbeat."""
        await self._feeds.sync(connection, timeout_s)

    async def call(self, command: Command, kind: type[Kind]) -> Kind:
        """Carries out a command of the protocol; the methods named after them do it with less ado."""
        result = await self._session.call(command, kind)
        if isinstance(result, Changed):
            self._feeds.outdate(result)
        return result

    def _stored(self, outgoing: Outgoing, sent: Sent) -> None:
        message = own_message(outgoing, sent, self.user)
        if message is None:
            self._feeds.learn(sent.room, sent.seq)
        else:
            self._feeds.accept(message)


class Connecting:
    """A client being connected: await it, or use it as a context manager that closes it."""

    def __init__(
        self, url: str | Sequence[str], token: str | TokenProvider | None, name: str | None, timeout_s: float
    ) -> None:
        self._arguments = (url, token, name)
        self._timeout_s = timeout_s
        self._chat: Chat | None = None

    def __await__(self) -> Generator[Any, None, Chat]:
        return self._open().__await__()

    async def __aenter__(self) -> Chat:
        self._chat = await self._open()
        return self._chat

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes; what was posted is stored first when nothing went wrong."""
        if self._chat is not None:
            await self._chat.close(drain_s=DRAIN_S if error is None else 0)

    async def _open(self) -> Chat:
        url, token, name = self._arguments
        chat = Chat(url, token=token, name=name)
        await chat.start(self._timeout_s)
        return chat


def _client_name() -> str:
    try:
        return f"agent-chat-python/{version('agent-chat-client')}"
    except PackageNotFoundError:
        return "agent-chat-python"
