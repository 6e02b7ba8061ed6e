"""Sends what is in the outbox, as connections come and go, and tells each sender what became of their message."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Generator

from agent_chat import frames
from agent_chat.acknowledged import Acknowledged
from agent_chat.connection import Connection
from agent_chat.errors import ChatError, ClosedError, ProtocolError
from agent_chat.frames import Message, Sent
from agent_chat.outbox import Entry, Outbox
from agent_chat.session import Session
from agent_chat.tasks import cancel

logger = logging.getLogger(__name__)


class Outgoing:
    """A message on its way. Awaiting it gives `Sent` or raises why it was refused for good.

    A wait that is cancelled takes the message back if it was not on the wire yet; otherwise it goes on its way.
    """

    def __init__(self, entry: Entry, withdraw: Callable[[str], None]) -> None:
        self.command_id = entry.id
        self.room = entry.room
        self.text = entry.text
        self.reply_to = entry.reply_to
        self.settled: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self.settled.add_done_callback(_retrieve)
        self._withdraw = withdraw

    @property
    def stored(self) -> bool:
        """Whether the message is known to be durable."""
        return self.settled.done() and not self.settled.cancelled() and self.settled.exception() is None

    def __await__(self) -> Generator[None, None, Sent]:
        return self._wait().__await__()

    async def _wait(self) -> Sent:
        try:
            return await asyncio.shield(self.settled)
        except asyncio.CancelledError:
            self._withdraw(self.command_id)
            raise


class Dispatcher:
    """The pump between the outbox and the session. `on_sent` hears of each message that became durable."""

    def __init__(self, session: Session, on_sent: Callable[[Outgoing, Sent], None]) -> None:
        self._session = session
        self._on_sent = on_sent
        self._outbox = Outbox()
        self._acknowledged = Acknowledged()
        self._restoring: asyncio.Task[None] | None = None
        self._waiting: dict[str, Outgoing] = {}
        self._changed = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        self._failure: ChatError | None = None
        self._pump = asyncio.create_task(self._run(), name="agent-chat outbox")

    def post(self, command_id: str, room: str, text: str, reply_to: int | None) -> Outgoing:
        """Puts a message behind the room's others. Raises `OutboxFullError`, and what ended the client."""
        if self._failure is not None:
            raise self._failure
        entry = self._outbox.add(command_id, room, text, reply_to)
        outgoing = self._waiting[command_id] = Outgoing(entry, self._withdraw)
        self._changed.set()
        return outgoing

    def connected(self) -> None:
        """There is a new connection. In another Region, what the one before may have lost is said again."""
        if self._acknowledged.of_earlier(self._session.ready.epoch) and self._restoring is None:
            self._restoring = asyncio.create_task(self._restore(), name="agent-chat restoring")
            self._restoring.add_done_callback(self._restored)

    async def drain(self, timeout_s: float) -> bool:
        """Waits until everything is settled; whether it was in time."""
        pending = [outgoing.settled for outgoing in self._waiting.values()]
        return not pending or not (await asyncio.wait(pending, timeout=timeout_s))[1]

    def end(self, error: ChatError) -> None:
        """Nothing more is sent: what waits ends with this error."""
        self._failure = error
        for command_id in self._outbox.clear():
            self._waiting.pop(command_id).settled.set_exception(error)

    async def close(self) -> None:
        """Ends what still waits with `ClosedError`."""
        self.end(self._failure or ClosedError("The client was closed."))
        await cancel(self._pump, *self._attempts, *([self._restoring] if self._restoring else []))

    async def _run(self) -> None:
        with contextlib.suppress(ChatError):  # the session's end is told by `end`
            while True:
                connection = await self._session.online()
                self._changed.clear()
                for entry in self._outbox.take_due(_now_ms()):
                    attempt = asyncio.create_task(self._attempt(connection, entry))
                    self._attempts.add(attempt)
                    attempt.add_done_callback(self._attempts.discard)
                await self._wait_due()

    async def _wait_due(self) -> None:
        due_ms = self._outbox.next_due_ms()
        timeout_s = None if due_ms is None else max(0.0, (due_ms - _now_ms()) / 1000)
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _attempt(self, connection: Connection, entry: Entry) -> None:
        try:
            command = frames.SendMessage(id=entry.id, room=entry.room, text=entry.text, reply_to=entry.reply_to)
            sent = await connection.call(command, Sent)
        except ChatError as error:
            self._failed(entry, error)
        except Exception as error:  # noqa: BLE001  # a fault of this client, told to whoever sent the message
            self._failed(entry, ProtocolError(f"The client failed: {error!r}"))
        else:
            self._sent(entry, sent)
        self._changed.set()

    def _sent(self, entry: Entry, sent: Sent) -> None:
        if entry.id in self._outbox:
            self._outbox.settle(entry.id)
            self._acknowledged.add(entry, sent, self._session.ready.epoch, _now_ms())
            outgoing = self._waiting.pop(entry.id)
            self._on_sent(outgoing, sent)
            outgoing.settled.set_result(sent)

    async def _restore(self) -> None:
        """Until nothing is left of earlier epochs. What can't be said now is said on the next connection."""
        while commands := self._acknowledged.of_earlier(self._session.ready.epoch):
            try:
                await self._session.call(commands[0], Sent)
            except ClosedError:
                return
            except ChatError as error:
                logger.warning("an acknowledged message was not restored: %s", error)
                if error.temporary:
                    return
            self._acknowledged.forget(commands[0].id)

    def _restored(self, task: asyncio.Task[None]) -> None:
        self._restoring = None
        if not task.cancelled() and task.exception() is not None:
            logger.error("restoring failed", exc_info=task.exception())

    def _failed(self, entry: Entry, error: ChatError) -> None:
        if entry.id in self._outbox:
            final = self._outbox.fail(entry.id, error, _now_ms())
            if final is not None:
                self._waiting.pop(entry.id).settled.set_exception(final)

    def _withdraw(self, command_id: str) -> None:
        if self._outbox.withdraw(command_id):
            self._waiting.pop(command_id).settled.cancel()
            self._changed.set()


def own_message(outgoing: Outgoing, sent: Sent, author: frames.Author) -> Message | None:
    """One's own message as others get it: the connection that sent it is answered by the ack alone.

    None where only the server knows what became of it: whom it mentions, which thread it is in.
    """
    if outgoing.reply_to is not None or "@" in outgoing.text:
        return None
    return Message(
        room=sent.room,
        seq=sent.seq,
        kind="text",
        author=author,
        text=outgoing.text,
        sent_at_ms=sent.sent_at_ms,
        command_id=outgoing.command_id,
    )


def _retrieve(settled: asyncio.Future[Sent]) -> None:
    """A message that nobody awaits is refused without asyncio's complaint: whoever posted it chose not to hear."""
    if not settled.cancelled():
        settled.exception()


def _now_ms() -> float:
    """A clock that never goes back, and where the system has one, runs on while the machine sleeps."""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    seconds = time.monotonic() if boot_clock is None else time.clock_gettime(boot_clock)
    return seconds * 1000
