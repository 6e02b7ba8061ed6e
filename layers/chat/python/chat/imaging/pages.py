"""What a PDF really is, and a picture of its first page. Uses PDFium as Chrome does, built without JavaScript.

The document itself is given to who fetches it as it came, and opened in no page of ours: what is refused here is what
a reader of documents would run or unpack.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from chat.imaging.variants import LONGEST_PX
from chat.media import MediaError
from chat.media_facts import Facts

DAMAGED = "The document is damaged."
ACTIVE = "Documents that run something, or have other files inside, are not taken."

MAX_PAGES = 5_000
MAX_POINTS = 14_400
"""Of a page's side: 200 inches, more than which Acrobat shows none (ISO 32000-1, annex C)."""

PREVIEW_PX = LONGEST_PX[1]
"""The longest side of the first page's picture: the pixels that are drawn do not depend on what the document says."""

MAX_ASPECT = 20
"""Of a page: what is longer would be a line."""

_ACTIVE = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia")
"""Names of what runs, or is unpacked. Where a document compresses them, PDFium is asked as far as it can tell."""

_TAIL_BYTES = 1024
"""Where readers look for the end of a document."""


def inspect(body: bytes) -> Facts:
    """Raises `MediaError` for what is damaged, locked, active, or a page or an archive too; nothing is drawn."""
    if b"%%EOF" not in body[-_TAIL_BYTES:] or zipfile.is_zipfile(io.BytesIO(body)):
        raise MediaError("The document is damaged, or has something else in it.")
    if any(name in body for name in _ACTIVE):
        raise MediaError(ACTIVE)
    with _opened(body) as document:
        width, height = _first_size(document)
        return Facts("application/pdf", width, height, kind="document", pages=len(document))


def first_page(body: bytes) -> bytes:
    """The first page on white, as a PNG of at most `PREVIEW_PX`. Raises `MediaError`."""
    with _opened(body) as document:
        longest = max(_first_size(document))
        bitmap = document[0].render(scale=PREVIEW_PX / longest, may_draw_forms=False, draw_annots=False)
        file = io.BytesIO()
        bitmap.to_pil().convert("RGB").save(file, "PNG")
        return file.getvalue()


@contextmanager
def _opened(body: bytes) -> Iterator[pdfium.PdfDocument]:
    try:
        document = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as refused:
        locked = getattr(refused, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD
        raise MediaError("The document is locked: send it without a password." if locked else DAMAGED) from refused
    try:
        _refuse_active(document)
        yield document
    except pdfium.PdfiumError as broken:
        raise MediaError(DAMAGED) from broken
    finally:
        document.close()


def _refuse_active(document: pdfium.PdfDocument) -> None:
    if not 1 <= len(document) <= MAX_PAGES:
        raise MediaError(f"A document has 1 to {MAX_PAGES:,} pages.")
    if pdfium_c.FPDFDoc_GetJavaScriptActionCount(document) > 0 or pdfium_c.FPDFDoc_GetAttachmentCount(document) > 0:
        raise MediaError(ACTIVE)


def _first_size(document: pdfium.PdfDocument) -> tuple[int, int]:
    """Of the first page, in points."""
    width, height = document[0].get_size()
    if not (0 < width <= MAX_POINTS and 0 < height <= MAX_POINTS):
        raise MediaError("The document has too large a page.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise MediaError("The document's first page is too long to be shown.")
    return round(width), round(height)
