"""The version, its limits, and what fields may hold: named types and closed sets of strings. Knows no frame."""

from typing import Annotated, Literal

import msgspec

VERSION = 1

MAX_COMMANDS = 20
"""Commands in one frame."""

MAX_TEXT_CHARS = 8_000
MAX_PAGE = 100
MAX_REPLY_BYTES = 120_000
"""A reply frame is no larger: API Gateway sends none above 128 KB (quota L-FD0EB744). Pages are cut to fit."""

MAX_INVITED = 100
MAX_SYNCED = 100
MAX_MUTE_S = 30 * 24 * 3600
MAX_SLOW_MODE_S = 120
MAX_BLOCKED_WORDS = 200
MAX_REASON_CHARS = 500
MAX_ASKED = 100
"""Users whose presence one command asks for."""

TYPING_VALID_S = 10
"""How long somebody is shown to be typing after a notice of it."""

MAX_MENTIONED = 20
"""Users whom one text mentions by name; what follows is text."""

MAX_EMOJI = 20
"""Different emoji on one message."""

MAX_PINS = 100
"""Pinned messages of one room."""

MAX_NUMBER = 10**15 - 1
"""No room ever gives a larger one. JavaScript still counts exactly there, and every key has place for it."""

CommandId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
# The end of a pattern is `(?!\n)$`, because Python's `$` alone also stands before a newline at the end of the text.
RoomId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}(?!\n)$")]
UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)]
Sequence = Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
Position = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
"""The newest number that a client has; 0 before the first."""

Instant = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
"""Milliseconds since 1970, UTC."""

Voucher = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Emoji = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^\S+(?!\n)$")]
"""An emoji, or a name such as `:party:` that clients have a picture for; told apart by its characters."""

RoomKind = Literal["public", "private", "direct"]
Role = Literal["owner", "moderator", "member", "reader", "banned"]
"""What a user may do in a room, from everything to nothing; a reader reads, a banned user is kept out."""

MediaKind = Literal["image", "video", "audio", "document"]
MessageKind = Literal["text", MediaKind, "void", "deleted"]
