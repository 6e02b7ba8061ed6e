"""Names for commands."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """A command id that nobody else makes."""
    return uuid.uuid4().hex
