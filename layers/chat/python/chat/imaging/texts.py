"""What a plain text really is, and a picture of how its first lines lie. Notes, tables in CSV, Markdown: all the same.

It is given to who fetches it as it came, as `text/plain` that browsers save and do not open.
"""

from __future__ import annotations

import io
import re
import zipfile

from PIL import Image, ImageDraw

from chat.media import MediaError
from chat.media_facts import Facts

LINES = 40
COLUMNS = 80
"""Of the text that are drawn: as much as a page of it has."""

WIDTH, HEIGHT = 480, 640
MARGIN = 32
INK, PAPER = (120, 128, 144), (255, 255, 255)
TAB = 4

_STEP = (HEIGHT - 2 * MARGIN) / LINES
_CHARACTER = (WIDTH - 2 * MARGIN) / COLUMNS

_WORD = re.compile(r"\S+")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""What no editor writes into a text: control characters but tab, line feed, form feed and carriage return."""

_LONGEST_CHARACTER = 4
"""Bytes of UTF-8."""


def inspect(body: bytes) -> Facts:
    """Raises `MediaError` for what is no text in UTF-8, or an archive too."""
    if _NO_TEXT.search(body) or zipfile.is_zipfile(io.BytesIO(body)):
        raise MediaError("The document is no text.")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MediaError("The text is not in UTF-8: save it so, or send it as PDF.") from error
    return Facts("text/plain", kind="document")


def first_lines(body: bytes) -> bytes:
    """Their words as bars on white, a PNG: no font has all scripts, and nobody reads at this size."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    for at, line in enumerate(_lines(body)):
        top = MARGIN + at * _STEP
        for word in _WORD.finditer(line):
            left, right = (MARGIN + column * _CHARACTER for column in word.span())
            pen.rectangle((left, top + _STEP * 0.2, right - 1, top + _STEP * 0.7), fill=INK)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _lines(body: bytes) -> list[str]:
    head = body[: LINES * COLUMNS * _LONGEST_CHARACTER].decode(errors="ignore").removeprefix("\ufeff")
    return [line.expandtabs(TAB)[:COLUMNS] for line in head.splitlines()[:LINES]]
