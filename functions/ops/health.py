"""`GET /api/health`: asks every dependency at the same time, each with its own time limit."""

from __future__ import annotations

from chat import http, log
from chat.aws import probes, wiring


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200 when everything answered in time, else 503; `checks` says what did not, never why."""
    return http.respond(event, respond)


def respond(_event: http.Event) -> http.Answer:
    """Checks now."""
    checks = probes.check_all(wiring.client(), wiring.settings())
    healthy = all(check.ok for check in checks.values())
    return http.answer(200 if healthy else 503, {"status": "ok" if healthy else "degraded", "checks": checks})
