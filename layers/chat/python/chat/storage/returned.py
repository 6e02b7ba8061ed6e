"""Messages under numbers that another Region has given: stored here by their senders, or come by replication.

Rows come one by one, each in its own time: a command's memory may be here and its message not, or the other way round.
What a message stands for, its command, has one number: the memory's, and whoever writes that first decides. Where two
Regions have written it unheard of each other, the later copy has gone over the earlier; so each epoch keeps what it has
given under a key of its own, and the latest epoch is right: had it known of the other, it would have given none.
"""

from __future__ import annotations

from contextlib import suppress

from chat.numbering import epoch_of
from chat.ports import Absent, ConditionError, Equal, Item, Query, Table
from chat.storage import keys
from chat.storage.counters import Counters
from chat.storage.messages import VOID, Draft, entry_of, memory_of, void_of


class ReturnedMessages:
    """Of all rooms, in the table of messages."""

    def __init__(self, table: Table, counters: Counters) -> None:
        self._table = table
        self._counters = counters

    def restore(self, draft: Draft, seq: int) -> bool:
        """Stores a message under its number, unless it is here: whether it was not. Safe to repeat.

        The same key has it in the Region that gave the number, so that either copy may go over the other. A consistent
        read, else three writes. A reply is not counted in its thread: it was where it was stored first. Raises
        `UnavailableError`.
        """
        entry = entry_of(draft, seq)
        if self._table.get((entry["pk"], entry["sk"]), consistent=True) is not None or not self.claim(entry):
            return False
        try:
            self._table.put(entry, Absent())
        except ConditionError:
            return False
        self._counters.admit(draft.room, seq=seq)
        return True

    def receive(self, entry: Item) -> bool:
        """Lets readers find an entry that has come; False for one whose command has another number, which is void now.

        Two write units.
        """
        if self.claim(entry):
            self._counters.admit(entry["room"], seq=int(entry["sk"]))
            return True
        with suppress(ConditionError):  # it has been changed meanwhile, or is void by now
            void = void_of(entry["room"], int(entry["sk"]), entry["sent_at_ms"])
            self._table.put(void, Equal("command_id", entry["command_id"]))
        return False

    def receive_change(self, room: str, rev: int) -> None:
        """Lets readers find a change that has come. One write unit."""
        self._counters.admit(room, rev=rev)

    def claim(self, entry: Item) -> bool:
        """Whether an entry's number is its command's, from now on if none was. A read unit and a write unit."""
        user, command_id = entry.get("user"), entry.get("command_id")
        if entry["kind"] == VOID or not (user and command_id):
            return True
        room, seq = entry["room"], int(entry["sk"])
        given = self._given_later(user, command_id, seq)
        if given:
            self._table.put(given | {"sk": keys.command(user, command_id)[1]})
            return False
        try:
            self._table.put(memory_of(user, command_id, room, seq, entry["sent_at_ms"]), Absent())
        except ConditionError as known:
            earlier = known.item or {}
            return (earlier.get("room"), earlier.get("seq")) == (room, seq)
        return True

    def _given_later(self, user: str, command_id: str, seq: int) -> Item | None:
        """What the latest epoch after that of `seq` has given the command."""
        pk, _ = keys.command(user, command_id)
        (page,) = self._table.query(Query(pk, epoch_of(seq) + 1, consistent=True))
        return page.items[-1] if page.items else None
