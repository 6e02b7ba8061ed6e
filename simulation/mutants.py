"""Bugs put into the application and its client on purpose: seeds must find each of them, or they prove nothing.

Each is a mistake that somebody could make: one condition left out, one case forgotten. `docs/proof.md` has the table of
how many seeds it takes to find them; `python -m simulation.mutants` makes it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from agent_chat import frames
from agent_chat.acknowledged import Acknowledged
from agent_chat.connection import Connection
from agent_chat.dispatch import Dispatcher
from agent_chat.errors import ChatError
from agent_chat.feed import FeedOrder
from agent_chat.frames import Message
from agent_chat.ids import new_id
from agent_chat.outbox import Entry
from chat import bursts, commands, protocol, tombstones
from chat.delivery import measuring, posting, slices
from chat.errors import UnavailableError
from chat.ports import Assign, Item, Put, Sender, Table, Write
from chat.protocol import Sync, Synced
from chat.services import Fanout, Services
from chat.storage import counters, keys, memberships
from chat.storage.changes import Alteration, ChangeLog
from chat.storage.messages import MessageLog
from chat.storage.returned import ReturnedMessages
from simulation.runs.case import make
from simulation.runs.judgement import judge
from simulation.runs.play import play

ENOUGH = 300
"""Seeds within which each of them is to be found."""


@dataclass(frozen=True)
class Mutant:
    """A bug: what it is, and how it is put in for as long as a context lasts."""

    name: str
    words: str
    seeded: Callable[[], AbstractContextManager[Any]]


class _Careless:
    """A table whose transactions are written as somebody forgetful would."""

    def __init__(self, table: Table, forget: Callable[[Write], Write | None]) -> None:
        self._table = table
        self._forget = forget

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the table's own
        return getattr(self._table, name)

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """With some writes changed or left out."""
        changed = (self._forget(write) for write in writes)
        self._table.transact([write for write in changed if write is not None], token=token)


def _carelessly(owner: type, method: str, forget: Callable[[Write], Write | None]) -> AbstractContextManager[Any]:
    real = getattr(owner, method)

    def careless(self: Any, *arguments: Any) -> Any:  # noqa: ANN401 - whichever method it is
        table, self._table = self._table, _Careless(self._table, forget)
        try:
            return real(self, *arguments)
        finally:
            self._table = table

    return patch.object(owner, method, careless)


def _acks_what_was_not_stored() -> AbstractContextManager[Any]:
    real = MessageLog._store

    def store(self: MessageLog, *arguments: Any) -> None:  # noqa: ANN401
        with suppress(UnavailableError):
            real(self, *arguments)

    return patch.object(MessageLog, "_store", store)


def _forgets_commands() -> AbstractContextManager[Any]:
    prefix = keys.command("", "")[0].split("#")[0] + "#"

    def forget(write: Write) -> Write | None:
        return None if isinstance(write, Put) and write.item["pk"].startswith(prefix) else write

    return _carelessly(MessageLog, "_store", forget)


@contextmanager
def _stores_over_others() -> Iterator[None]:
    def take_number(self: MessageLog, room: str, _taker: str, now_ms: int) -> int:
        counter: Item = self._table.get(keys.counter(room), consistent=True) or {}
        seq = int(counter.get("seq", 0)) + 1
        self._table.update(keys.counter(room), assign={"seq": seq, "numbered_at_ms": now_ms})
        return seq

    def forget(write: Write) -> Write:
        is_entry = isinstance(write, Put) and write.item["pk"].startswith(keys.MESSAGES)
        return replace(write, condition=None) if is_entry else write

    with patch.object(MessageLog, "_take_number", take_number), _carelessly(MessageLog, "_store", forget):
        yield


def _voids_over_messages() -> AbstractContextManager[Any]:
    def void(self: MessageLog, room: str, seq: int, at_ms: int) -> Item:
        pk, sk = keys.message(room, seq)
        entry: Item = {"pk": pk, "sk": sk, "room": room, "kind": "void", "text": "", "sent_at_ms": at_ms}
        self._table.put(entry)
        return entry

    return patch.object(MessageLog, "_void", void)


def _never_closes_burnt_numbers() -> AbstractContextManager[Any]:
    return patch.object(MessageLog, "_void", lambda _self, _room, _seq, _at_ms: None)


def _changes_without_condition() -> AbstractContextManager[Any]:
    def forget(write: Write) -> Write:
        return replace(write, condition=None) if isinstance(write, Assign) else write

    return _carelessly(ChangeLog, "_store", forget)


def _keeps_deleted_texts() -> AbstractContextManager[Any]:
    real = tombstones._content_gone

    def content_gone(entry: Item, now_ms: int) -> Item:
        return {**real(entry, now_ms), "text": entry["text"]}

    return patch.object(tombstones, "_content_gone", content_gone)


def _ignores_tombstones() -> AbstractContextManager[Any]:
    real = tombstones._content_gone

    def content_gone(entry: Item, now_ms: int) -> Item:
        return {**real(entry, now_ms), "kind": entry["kind"], "text": entry["text"]}

    return patch.object(tombstones, "_content_gone", content_gone)


def _erases_no_names() -> AbstractContextManager[Any]:
    real = tombstones.erasure

    def erasure(entry: Item, now_ms: int) -> Alteration:
        made = real(entry, now_ms)
        return replace(made, attributes={**made.attributes, "user": entry["user"], "name": entry["name"]})

    return patch.object(tombstones, "erasure", erasure)


@contextmanager
def _believes_old_rights() -> Iterator[None]:
    with (
        patch.object(memberships, "REMEMBERED_MS", 600_000),
        patch.object(memberships, "_has_version_of", lambda _entry, _rules: True),
    ):
        yield


def _drops_who_was_throttled() -> AbstractContextManager[Any]:
    real = posting.attempt

    def attempt(
        fanout: Fanout, room: str, recipients: Mapping[str, int], frames_: Sequence[bytes], path: measuring.Path
    ) -> dict[int, list[str]]:
        for names in real(fanout, room, recipients, frames_, path).values():
            posting._drop(fanout, room, {name: recipients[name] for name in names})
        return {}

    return patch.object(posting, "attempt", attempt)


def _loses_the_end_of_a_slice() -> AbstractContextManager[Any]:
    real = slices._post

    def post(fanout: Fanout, shard: int, connections: Sequence[str], deliveries: Sequence[Any]) -> None:
        real(fanout, shard, connections[:-1], deliveries)

    return patch.object(slices, "_post", post)


def _passes_over_what_a_window_has() -> AbstractContextManager[Any]:
    real = bursts._due

    def due(*arguments: Any) -> bursts.Due:  # noqa: ANN401
        return replace(real(*arguments), entries=[])

    return patch.object(bursts, "_due", due)


def _forgets_the_end_of_a_window() -> AbstractContextManager[Any]:
    real = bursts._due

    def due(*arguments: Any) -> bursts.Due:  # noqa: ANN401
        found = real(*arguments)
        return replace(found, entries=found.entries[:-1])

    return patch.object(bursts, "_due", due)


def _posts_windows_twice() -> AbstractContextManager[Any]:
    return patch.object(bursts, "_is_seen_to", lambda _desk, _tick: False)


def _posts_the_first_of_several() -> AbstractContextManager[Any]:
    real = slices._together
    return patch.object(slices, "_together", lambda deliveries: real(deliveries[:1]))


def _answers_heartbeats_with_nothing() -> AbstractContextManager[Any]:
    def sync(services: Services, _sender: Sender, _command: Sync) -> Synced:
        return Synced(rooms={}, now_ms=services.clock.now_ms(), revs={})

    return patch.dict(commands._USE_CASES, {protocol.Sync: sync})


def _client_shows_what_comes() -> AbstractContextManager[Any]:
    def take(self: FeedOrder) -> Message | None:
        if not self._started or not self._held:
            return None
        seq = next(iter(self._held))
        self._position = self._complete = max(self._position, seq)
        return self._held.pop(seq)

    return patch.object(FeedOrder, "take", take)


def _client_ignores_gaps() -> AbstractContextManager[Any]:
    return patch.object(FeedOrder, "gap", lambda _self: None)


def _client_shows_what_was_deleted() -> AbstractContextManager[Any]:
    return patch.object(FeedOrder, "revise", lambda _self, _message: None)


def _client_takes_a_new_id_each_time() -> AbstractContextManager[Any]:
    async def attempt(self: Dispatcher, connection: Connection, entry: Entry) -> None:
        command_id = entry.id if entry.attempts == 0 else new_id()
        command = frames.SendMessage(id=command_id, room=entry.room, text=entry.text, reply_to=entry.reply_to)
        try:
            sent = await connection.call(command, frames.Sent)
        except ChatError as error:
            self._failed(entry, error)
        else:
            self._sent(entry, sent)
        self._changed.set()

    return patch.object(Dispatcher, "_attempt", attempt)


def _numbers_on_in_the_same_epoch() -> AbstractContextManager[Any]:
    return patch.object(counters, "floor", lambda _epoch: 0)


def _believes_what_comes_late() -> AbstractContextManager[Any]:
    return patch.object(ReturnedMessages, "claim", lambda _self, _entry: True)


def _client_keeps_nothing_that_was_acknowledged() -> AbstractContextManager[Any]:
    return patch.object(Acknowledged, "add", lambda _self, _entry, _sent, _epoch, _now_ms: None)


MUTANTS = (
    Mutant("ack before storing", "a store that failed is acknowledged", _acks_what_was_not_stored),
    Mutant("no memory", "a repeated command is stored again", _forgets_commands),
    Mutant("no condition on storing", "two messages of one number, the last one stays", _stores_over_others),
    Mutant("void over a message", "who gives a number up voids it, whatever stands there", _voids_over_messages),
    Mutant("holes stay", "nobody closes a number that was burnt", _never_closes_burnt_numbers),
    Mutant("no condition on changes", "an edit goes over a deletion that came between", _changes_without_condition),
    Mutant("deleted text", "a deleted message keeps its text", _keeps_deleted_texts),
    Mutant("tombstone ignored", "a deletion is acknowledged and changes nothing", _ignores_tombstones),
    Mutant("erased name", "an erased message keeps its author", _erases_no_names),
    Mutant("stale membership", "rights are believed for ten minutes", _believes_old_rights),
    Mutant("dropped on 429", "a throttled post ends the subscription", _drops_who_was_throttled),
    Mutant("lost slice", "the last connection of a slice is left out", _loses_the_end_of_a_slice),
    Mutant("lost window", "a tick moves the cursor and posts nothing", _passes_over_what_a_window_has),
    Mutant("cut window", "a window's last message is left out", _forgets_the_end_of_a_window),
    Mutant("window posted twice", "each tick of a window posts it", _posts_windows_twice),
    Mutant("dropped while joining", "of bodies for one shard the first is posted", _posts_the_first_of_several),
    Mutant("deaf heartbeat", "heartbeats say that nothing is missing", _answers_heartbeats_with_nothing),
    Mutant("Regions: numbers again", "who takes over counts on from what it knows", _numbers_on_in_the_same_epoch),
    Mutant("Regions: twice", "what comes late stands beside what was sent again", _believes_what_comes_late),
    Mutant("client: forgets acks", "what was acknowledged is not kept", _client_keeps_nothing_that_was_acknowledged),
    Mutant("client: any order", "messages are shown as they come", _client_shows_what_comes),
    Mutant("client: gaps", "what is missing is not fetched", _client_ignores_gaps),
    Mutant("client: stale text", "what waited is shown as it was", _client_shows_what_was_deleted),
    Mutant("client: new ids", "a message that is sent again has another id", _client_takes_a_new_id_each_time),
)


@dataclass(frozen=True)
class Caught:
    """Of one bug: the first seed that finds it and as what, None for none; and how many of `tried` do."""

    name: str
    first: int | None
    kinds: tuple[str, ...]
    found: int
    tried: int


def hunt(name: str, *, seeds: int = ENOUGH, until_first: bool = True) -> Caught:
    """Plays seeds with the bug in."""
    (mutant,) = [each for each in MUTANTS if each.name == name]
    first, kinds, found = None, set[str](), 0
    for seed in range(seeds):
        with ExitStack() as stack:
            stack.enter_context(mutant.seeded())
            findings = judge(play(make(seed)))
        kinds |= {finding.kind for finding in findings}
        if findings:
            found += 1
            first = seed if first is None else first
            if until_first:
                return Caught(name, first, tuple(sorted(kinds)), found, seed + 1)
    return Caught(name, first, tuple(sorted(kinds)), found, seeds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where one of them was not found."""
    parser = argparse.ArgumentParser(
        prog="python -m simulation.mutants", description="Which bugs seeds find, and how soon."
    )
    parser.add_argument("--seeds", type=int, default=ENOUGH, metavar="N", help=f"to look through for each ({ENOUGH})")
    parser.add_argument("--all", action="store_true", help="all of them, for how many find it, and not until the first")
    options = parser.parse_args(arguments)
    sys.stdout.write("| bug | what it does | first seed | found by | as |\n|---|---|---|---|---|\n")
    missed = 0
    with ProcessPoolExecutor() as pool:
        hunts = [pool.submit(hunt, each.name, seeds=options.seeds, until_first=not options.all) for each in MUTANTS]
        for mutant, hunted in zip(MUTANTS, hunts, strict=True):
            caught = hunted.result()
            missed += caught.first is None
            first = "none" if caught.first is None else caught.first
            row = (mutant.name, mutant.words, first, f"{caught.found} of {caught.tried}", ", ".join(caught.kinds))
            sys.stdout.write(f"| {' | '.join(map(str, row))} |\n")
            sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
