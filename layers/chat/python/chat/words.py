"""Words as a list of blocked ones compares them: whole, whatever their case or Unicode form. Pure.

What is not caught: a word spelt with another script's look-alikes, with spaces or signs between its letters, or as a
part of a longer word. A list stops habits; whom it does not stop is for moderators and the moderation hook.
"""

from __future__ import annotations

import unicodedata

MAX_WORD_CHARS = 40

_IN_WORDS = frozenset("LMN")
"""General categories, by first letter, that words are made of: letters, marks on them, numbers."""

_COMBINING_GRAPHEME_JOINER = "\u034f"
_VARIATION_SELECTORS = ("\ufe00", "\ufe0f")


def words_of(text: str) -> set[str]:
    """The words in a text, folded."""
    folded = fold(text)
    return set("".join(char if unicodedata.category(char)[0] in _IN_WORDS else " " for char in folded).split())


def fold(text: str) -> str:
    """Compatibility forms made plain (NFKC), case folded, and what is invisible left out, such as soft hyphens."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", "".join(char for char in plain if not _invisible(char)))


def word(text: str) -> str | None:
    """The one word that a text consists of, folded; None for none, several, or one of more than 40 characters."""
    found = words_of(text)
    if len(found) != 1:
        return None
    (only,) = found
    return only if fold(text).strip() == only and len(only) <= MAX_WORD_CHARS else None


def _invisible(char: str) -> bool:
    first, last = _VARIATION_SELECTORS
    return unicodedata.category(char) == "Cf" or char == _COMBINING_GRAPHEME_JOINER or first <= char <= last
