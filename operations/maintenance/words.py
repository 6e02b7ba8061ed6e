"""The search index and what users have left where, made from the messages themselves; and words that find nothing.

Both follow messages by the stream. What was lost on that way, or was restored from a moment in which they were not
through, is found again after `reindex`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from chat import events, search
from chat.accounts import noting
from chat.ports import Item, Key, Table
from chat.services import JobOffice
from chat.storage import keys
from chat.storage.rooms import get_batches
from chat.storage.search_index import SearchIndex
from chat.terms import message_terms
from operations import rows

SETTLE_S = 30.0
"""No command is still under way after that: functions that store run for 29 s at most."""


class Reindex:
    """Of the table of messages: every message is found by its words, and by whose it is."""

    name = "reindex"
    table = "messages"

    def __init__(self, messages: Table, office: JobOffice) -> None:
        self._index = SearchIndex(messages)
        self._office = office

    def work(self, page: Sequence[Item]) -> Counter[str]:
        """As when it was said: a write unit for each word of each message, one for whose it is, a read unit or two."""
        done: Counter[str] = Counter()
        for row in page:
            event = events.of_row(row)
            if event is not None and event.room != keys.CANARY_ROOM:
                done += self._take(events.decode(event.body))
        return done

    def _take(self, happened: events.AnyEvent) -> Counter[str]:
        noting.note(self._office, happened)
        if not isinstance(happened, events.MessagePosted):
            return Counter(changes=1)
        search.index(self._index, happened)
        return Counter(messages=1)


class CompactWords:
    """Of the table of messages: words that their message has no more, or whose message is gone, find nothing."""

    name = "compact-words"
    table = "messages"

    def __init__(self, messages: Table, pause: Callable[[float], None] = time.sleep) -> None:
        self._table = messages
        self._pause = pause

    def work(self, page: Sequence[Item]) -> Counter[str]:
        """A read unit for each message that is named, and a write unit for each word that goes.

        An edit adds its words before its text: what seems stale is looked at again when that must be through.
        """
        named: dict[Key, Key] = {}
        for row in page:
            key = row["pk"], row["sk"]
            if row["pk"].startswith(rows.WORDS) and (message := rows.beside(key)):
                named[key] = keys.message(*message)
        stale = self._stale(named)
        if stale:
            self._pause(SETTLE_S)
            stale = self._stale(stale)
        self._table.delete_many(stale)
        return Counter(words=len(stale))

    def _stale(self, named: Mapping[Key, Key]) -> dict[Key, Key]:
        """Those of the words' rows whose messages don't have them."""
        messages = sorted(set(named.values()), key=str)
        found = get_batches(self._table, messages, consistent=True)
        terms = {(item["pk"], item["sk"]): set(message_terms(item["kind"], item["text"])) for item in found}
        return {key: message for key, message in named.items() if _word(key) not in terms.get(message, ())}


def _word(key: Key) -> str:
    return key[0].split("#", 2)[2]
