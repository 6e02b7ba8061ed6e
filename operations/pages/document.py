"""A page's head and looks, and its tables: what reports have in common, whatever they tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")

_FIGURE = re.compile(r"^\$?\d[\d,.]*( (%|µs|MB))?$|^-$")


class Markup(str):
    """Text of a cell that is HTML already, and is not escaped."""

    __slots__ = ()


def html(title: str, *parts: str) -> str:
    """The whole page; `parts` are HTML, below a heading that is the title."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>\n"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a column of nothing but figures stands to the right. Without a header it has none."""
    listed = [list(row) for row in rows]
    figures = [all(map(_FIGURE.match, column)) for column in zip(*listed, strict=True)] or [False] * len(header)
    head = "".join(_cell("th", *each) for each in zip(header, figures, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', *each) for each in zip(row, figures, strict=True))}</tr>" for row in listed
    )
    shown = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    return f'<div class="table"><table>{shown}<tbody>{body}</tbody></table></div>'


def _cell(tag: str, text: str, is_figure: bool) -> str:  # noqa: FBT001 - as a column is
    figure = ' class="figure"' if is_figure else ""
    return f"<{tag}{figure}>{text if isinstance(text, Markup) else escape(text)}</{tag}>"
