"""Search: messages of a room by the words in them, or by a file, and the index that finds them, kept after the fact."""

from __future__ import annotations

from chat import pages
from chat.access import require_member
from chat.errors import InvalidFieldError
from chat.events import MessagePosted
from chat.messages import messages_for
from chat.ports import Item, Sender
from chat.protocol import Found, ListFiles, Search
from chat.services import Services
from chat.storage.search_index import SearchIndex
from chat.terms import FILE, message_terms, terms_of

MAX_WORDS = 8
"""Words of one query; each costs a read unit a look."""

MAX_LOOKS = 10
"""Looks at the index for one answer: with 8 words at most 80 read units, beside the messages that are shown."""


def search(services: Services, sender: Sender, command: Search) -> Found:
    """Newest first, the messages that have all of the words, as many as fit into a frame. Members only.

    Each is read from the log before it is shown, and has the words now. Words that are common each and rare together
    may use up `MAX_LOOKS` before the page is full: then it is short, or empty, and `before` continues it.
    """
    words = terms_of(command.query)
    if not 1 <= len(words) <= MAX_WORDS:
        raise InvalidFieldError(f"`query` has 1 to {MAX_WORDS} words.")
    require_member(services, sender.user, command.room)
    return _find(services, sender, command, words)


def list_files(services: Services, sender: Sender, command: ListFiles) -> Found:
    """Newest first, the messages that show a file. A read unit for the index, beside the messages. Members only."""
    require_member(services, sender.user, command.room)
    return _find(services, sender, command, [FILE])


def _find(services: Services, sender: Sender, command: Search | ListFiles, terms: list[str]) -> Found:
    found: list[Item] = []
    ceiling = command.before - 1 if command.before else None
    for _ in range(MAX_LOOKS):
        if ceiling == 0:
            return _page(services, sender, command, found, None)
        look = services.search_index.look(command.room, terms, ceiling)
        for at in range(0, len(look.seqs), command.limit):
            entries = services.search_index.read(command.room, look.seqs[at : at + command.limit], consistent=True)
            found += [entry for entry in entries if set(terms) <= _all_terms(entry)]
            if len(found) >= command.limit:
                shown = found[: command.limit]
                return _page(services, sender, command, shown, int(shown[-1]["sk"]))
        if look.ceiling is None:
            return _page(services, sender, command, found, None)
        ceiling = look.ceiling
    return _page(services, sender, command, found, None if ceiling is None else ceiling + 1)


def index(search_index: SearchIndex, posted: MessagePosted) -> None:
    """Makes a stored message be found by its words, and by its file; twice is once.

    Where its text has changed since, the words that it has no more go again: whoever changed it took away those that
    were there at that moment. A write unit a word, and a read unit for the message as it stands afterwards.
    """
    terms = message_terms(posted.kind, posted.text)
    if not terms:
        return
    search_index.add(posted.room, posted.seq, terms)
    found = search_index.read(posted.room, [posted.seq], consistent=True)
    stale = set(terms) - {term for entry in found for term in message_terms(entry["kind"], entry["text"])}
    if stale:
        search_index.remove(posted.room, posted.seq, stale)


def _all_terms(entry: Item) -> set[str]:
    """As far as the text goes: more than the index has of a very long one."""
    return {*terms_of(entry["text"]), *message_terms(entry["kind"], "")}


def _page(
    services: Services, sender: Sender, command: Search | ListFiles, entries: list[Item], before: int | None
) -> Found:
    oldest_first = messages_for(services, sender, entries)[::-1]
    kept = pages.newest_fitting(oldest_first)
    cut = len(kept) < len(oldest_first)
    return Found(room=command.room, messages=kept[::-1], before=kept[0].seq if cut else before)
