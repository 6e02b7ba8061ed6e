"""Puts together what a canary takes, for one function instance."""

from __future__ import annotations

from chat.aws import wiring
from chat.aws.certificates import CERTIFICATES
from chat.aws.websocket_lines import CurlLines
from chat.canary import Canary


def canary() -> Canary:
    """One for each conversation: its sockets are closed when it is over."""
    return Canary(
        url=wiring.websocket_url(),
        tickets=wiring.tickets(),
        messages=wiring.messages_table(),
        lines=CurlLines(CERTIFICATES),
        ids=wiring.ids(),
        clock=wiring.clock(),
    )
