"""The application's own log, where what it says would be a line for each of a million calls."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def logged_from(level: int) -> Iterator[None]:
    """Nothing below this level is logged for as long as it lasts."""
    logger = logging.getLogger("chat")
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
