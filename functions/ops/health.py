"""`GET /api/health`: asks every dependency at the same time, each with its own time limit."""

from __future__ import annotations

from chat import http, log
from chat.aws import health, operator_door
from chat.aws.probes import SPARED


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200 when everything answered in time, else 503; operators are told what did not, and nobody is told why."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """As it was within the last second. Who sends a token is an operator, or is refused."""
    detailed = "authorization" in event.get("headers", {})
    if detailed:
        operator_door.admit(event)
    checks = health.checks().recall()
    healthy = all(check.ok for name, check in checks.items() if name not in SPARED)
    told = {"status": "ok" if healthy else "degraded"}
    return http.answer(200 if healthy else 503, {**told, "checks": checks} if detailed else told)
