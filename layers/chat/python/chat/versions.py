"""Settings that operators change by version: what every such change names, and how a late one is refused. Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

from chat.errors import ChatError

Why = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Version = Annotated[int, msgspec.Meta(ge=0, le=999_999_998)]


class VersionConflictError(ChatError):
    """Somebody else has changed it since; look at what is in force, then decide again."""

    code, status = "version_conflict", 409
