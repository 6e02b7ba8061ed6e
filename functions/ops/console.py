"""What operators look at: numbers, infrastructure, alarms and who looks after them, and what operators did."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import alerts, deeds, http, infrastructure, log, measures, repeats
from chat.aws import console, secrets, wiring
from chat.negotiation import preferred


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200; 403 for who is no operator, 404 and 409 for an alarm that is none or is not active, 406, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    wiring.operators().require(principal)
    match event["routeKey"]:
        case "GET /api/metrics":
            return _metrics(str(event["headers"].get("accept", "")))
        case "GET /api/infrastructure/status":
            return http.answer(200, infrastructure.ask(console.survey().parts(), wiring.clock().now_ms()))
        case "GET /api/monitoring/alerts":
            return http.answer(200, alerts.look(console.watch()))
        case "GET /api/audit":
            asked = event.get("queryStringParameters") or {}
            page = deeds.read(console.table(), wiring.clock(), asked.get("day"), asked.get("start"))
            return http.answer(200, page)
        case _:
            return http.answer(200, _acknowledged(event, principal.user))


def _metrics(accept: str) -> http.Answer:
    content_type = preferred(accept, measures.FORMATS)
    read = console.metrics().read()
    if content_type == measures.JSON:
        return http.answer(200, read)
    return http.text_answer(measures.text(read.samples, content_type).encode(), content_type)


def _acknowledged(event: http.Event, operator: str) -> object:
    name = str(event["pathParameters"]["name"])
    note = http.body(event, alerts.Note).note

    def act() -> dict[str, Any]:
        done: dict[str, Any] = msgspec.to_builtins(alerts.acknowledge(console.watch(), operator, name, note))
        return done

    return repeats.once(wiring.answers(), operator, http.idempotency_key(event), http.described(event), act)
