"""What a browser loads before somebody can sign in."""

from __future__ import annotations

import gzip
import re
import urllib.request

from local.stack import LocalStack

FIRST_LOAD_KB = 120
"""Scripts and styles of the page's first view, compressed."""


def get(url: str) -> bytes:
    """The body of an answer."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - http of ours
        body: bytes = answer.read()
        return body


def test_the_first_view_is_loaded_within_its_budget(stack: LocalStack) -> None:
    page = get(f"{stack.page_url}/").decode()
    named = re.findall(r'(?:src|href)="(/assets/[^"]+\.(?:js|css))"', page)
    assert any(name.endswith(".js") for name in named)
    assert sum(len(gzip.compress(get(stack.page_url + name))) for name in named) <= FIRST_LOAD_KB * 1_000
