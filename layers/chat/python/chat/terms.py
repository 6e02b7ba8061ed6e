"""A text as search sees it: the words in it, told apart by what they mean rather than how they are typed. Pure.

Case, accents and compatibility forms make no difference: "Café" and "CAFE" are one word. Where a script has no spaces
between words (Chinese, Japanese), each character is a word.
"""

from __future__ import annotations

import re
import unicodedata

from chat.media_kinds import KINDS

MAX_TERM_CHARS = 40
"""A longer word is known by its beginning."""

MAX_TERMS = 256
"""Different words of one message that can be searched for: what indexing it costs has a limit (a write unit each)."""

FILE = "#file"
"""What every message with a picture, a video, a sound or a document is known by. No word of a text has a `#`."""

_FILE_KINDS = frozenset(kind.name for kind in KINDS)

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Hiragana, katakana and ideographs."""

_TERM = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


def terms_of(text: str) -> list[str]:
    """The different words of a text, in the order in which they first come."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = unicodedata.normalize("NFKC", "".join(char for char in decomposed if not unicodedata.combining(char)))
    return list(dict.fromkeys(term[:MAX_TERM_CHARS] for term in _TERM.findall(plain)))


def message_terms(kind: str, text: str) -> list[str]:
    """What a message of this kind and text is found by: its first words, and `FILE` where it shows one."""
    return terms_of(text)[:MAX_TERMS] + [FILE] * (kind in _FILE_KINDS)
