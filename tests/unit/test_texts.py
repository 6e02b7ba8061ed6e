"""Plain texts: what is one, and how its first lines lie."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image

from chat.imaging.texts import HEIGHT, INK, LINES, MARGIN, WIDTH, first_lines, inspect
from chat.media import MediaError
from chat.media_facts import Facts
from tests.unit.pictures import archive, encoded


@pytest.mark.parametrize(
    "text", ["", "a;b\r\n1;2\r\n", "# Ελλάδα\n\n\t- 日本語\n", "\ufeffwith a mark", "<script>alert(1)</script>"]
)
def test_what_an_editor_writes_in_utf_8_is_a_text(text: str) -> None:
    assert inspect(text.encode()) == Facts("text/plain", kind="document")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"caf\xe9", "not in UTF-8"),
        ("café".encode("utf-16"), "no text"),
        (b"\x7fELF\x02\x01", "no text"),
        (encoded(Image.new("RGB", (8, 8)), "PNG"), "no text"),
        (b"words, then " + archive(), "no text"),
    ],
)
def test_what_is_none_is_refused_with_words(body: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        inspect(body)


def test_an_archive_whose_bytes_all_are_letters_is_none_either() -> None:
    file = io.BytesIO(b"letters")
    with zipfile.ZipFile(file, "a") as made:
        made.writestr("a", "b")
    with pytest.raises(MediaError):
        inspect(file.getvalue())


def test_its_lines_are_drawn_as_long_as_they_are_wherever_they_stand() -> None:
    picture = Image.open(io.BytesIO(first_lines(b"x" * 200 + b"\n\n" + b"short\n")))
    assert picture.size == (WIDTH, HEIGHT)
    step = (HEIGHT - 2 * MARGIN) / LINES
    rows = [[picture.getpixel((x, round(MARGIN + (at + 0.5) * step))) == INK for x in range(WIDTH)] for at in range(3)]
    assert [sum(row) for row in rows] == [WIDTH - 2 * MARGIN, 0, pytest.approx(26, abs=1)]


def test_a_text_of_one_long_word_in_any_script_is_drawn() -> None:
    assert first_lines(("語" * 100_000).encode()) != first_lines(b"")
