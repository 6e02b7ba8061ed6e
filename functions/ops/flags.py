"""`/api/flags`: operators look at what is tried out on whom, and change it."""

from __future__ import annotations

from chat import flag_settings, http, log
from chat.aws import flags, secrets, wiring
from chat.flag_settings import Change


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200 with the flags, or the one that was changed; 403 for who is no operator, 409 behind another version, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method. A change that is sent twice is refused the second time: its version is not the last one."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    wiring.operators().require(principal)
    if event["routeKey"] == "GET /api/flags":
        return http.answer(200, {"flags": flag_settings.look(flags.desk())})
    return http.answer(200, flag_settings.change(flags.desk(), principal.user, http.body(event, Change)))
