"""`POST /api/commands`: the same frames for clients that can't keep a socket open. A command in, its reply out."""

from __future__ import annotations

from chat import commands, http, log
from chat.aws import secrets, wiring
from chat.aws.time_left import Context
from chat.errors import TooLargeError
from chat.ports import Sender

MAX_FRAME_BYTES = 128 * 1024
"""As API Gateway takes on a socket, so that a frame which fits one way fits the other."""


@log.invocations
def handle(event: http.Event, context: Context) -> http.Answer:
    """200 with the reply frame, whether it is an `ack` or an `error`; 401 without a valid token; 413."""
    wiring.time_left().begin(context)
    answer = http.respond(event, respond)
    wiring.cache_reporter().report()
    return answer


def respond(event: http.Event) -> http.Answer:
    """Carries out the frame for whoever the token belongs to."""
    token = http.bearer_token(event)
    principal = secrets.verifier().verify(token)
    frame = http.raw_body(event)
    if len(frame) > MAX_FRAME_BYTES:
        raise TooLargeError(f"A frame has at most {MAX_FRAME_BYTES // 1024} KB.")
    sender = Sender(principal.user, principal.name, http.virtual_connection(token))
    return http.text_answer(commands.answer(wiring.services(), sender, frame), "application/json")
