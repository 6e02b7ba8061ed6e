"""The two stages that the WebSocket API has, blue and green, and which of them a socket is open on.

New sockets open on the one in force. Operators may change it (`operations.swap`); sockets of the other leave as clients
open them anew, within two hours. Frames must be posted to a socket's own stage, so its id says which that is. Blue is
the stage that is named as the application's, and ids of its sockets are API Gateway's own.
"""

from __future__ import annotations

from typing import Final

BLUE: Final = "blue"
GREEN: Final = "green"
COLOURS = (BLUE, GREEN)

_MARK = "green:"
_SUFFIX = "-green"


def stage_name(stage: str, colour: str) -> str:
    """What API Gateway calls the stage of a colour."""
    return stage + _SUFFIX if colour == GREEN else stage


def base_url(url: str, colour: str) -> str:
    """`url` ends with blue's stage, this with that of `colour`."""
    return stage_name(url.rstrip("/"), colour)


def mark(connection: str, api_stage: str) -> str:
    """The id of a socket, from API Gateway's and the stage that it is open on."""
    return _MARK + connection if api_stage.endswith(_SUFFIX) else connection


def split(connection: str) -> tuple[str, str]:
    """Colour, and API Gateway's id, of a socket."""
    return (GREEN, connection[len(_MARK) :]) if connection.startswith(_MARK) else (BLUE, connection)
