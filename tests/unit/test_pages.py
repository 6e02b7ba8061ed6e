"""Documents: how many pages, what the first looks like, and which are not taken."""

from __future__ import annotations

import io
import zipfile

import pypdfium2 as pdfium
import pytest
from PIL import Image

from chat.imaging import pages
from chat.imaging.pages import MAX_POINTS, PREVIEW_PX, first_page, inspect
from chat.media import MediaError
from chat.media_facts import Facts
from tests.unit.recorded_files import document, locked_document


def with_catalog(entries: bytes) -> bytes:
    """A document whose catalog has more in it. Readers mend the offsets that no longer fit."""
    return (
        document(1)
        .replace(b"/Type/Catalog", b"/Type/Catalog" + entries)
        .replace(b"/Type /Catalog", b"/Type /Catalog" + entries)
    )


def zipped() -> bytes:
    file = io.BytesIO(document(1))
    file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("inside.txt", "secret")
    return file.getvalue() + b"%%EOF"


def test_a_document_is_known_by_its_pages() -> None:
    assert inspect(document(3)) == Facts("application/pdf", 595, 842, kind="document", pages=3)


@pytest.mark.parametrize(
    ("size", "drawn"), [((595, 842), (679, 960)), ((842, 595), (960, 679)), ((10, 10), (960, 960))]
)
def test_the_first_page_is_drawn_in_one_size_whatever_it_says_of_itself(
    size: tuple[float, float], drawn: tuple[int, int]
) -> None:
    picture = Image.open(io.BytesIO(first_page(document(1, *size))))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    assert picture.size == pytest.approx(drawn, abs=1)
    assert max(picture.size) <= PREVIEW_PX + 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (document(1)[:200], "damaged"),
        (b"%PDF-1.7\n%%EOF", "damaged"),
        (document(0), "damaged|pages"),
        (locked_document(), "locked"),
        (document(1, MAX_POINTS + 1, 100), "too large a page"),
        (document(1, 10, 1000), "too long"),
        (zipped(), "something else in it"),
        (with_catalog(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "run something"),
        (with_catalog(b"/OpenAction<</S/Launch/F(cmd.exe)>>"), "run something"),
    ],
    ids=["cut", "empty", "no pages", "locked", "large", "long", "archive", "script", "launch"],
)
def test_a_document_that_could_do_harm_is_refused_in_words(body: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        inspect(body)


def test_a_document_with_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 2)
    with pytest.raises(MediaError, match="1 to 2 pages"):
        inspect(document(3))


def test_files_inside_of_a_document_are_found_where_their_names_are_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pdfium.PdfDocument.new()
    made.new_page(100, 100)
    made.new_attachment("inside.exe").set_data(b"MZ")
    file = io.BytesIO()
    made.save(file)
    monkeypatch.setattr(pages, "_ACTIVE", ())
    with pytest.raises(MediaError, match="other files inside"):
        inspect(file.getvalue())
