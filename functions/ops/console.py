"""What operators look at: numbers, infrastructure, alarms and who looks after them, and what operators did."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from chat import alerts, deeds, graphs, http, infrastructure, log, measures
from chat.aws import console, operator_door, wiring
from chat.negotiation import preferred

VERIFIED_S = 12.0
"""For going through the audit, well below what the function has."""


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200; 403 for who is no operator, 404 for an alarm or dashboard that is none, 409 for a quiet alarm, 406, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    operator = operator_door.admit(event).user
    match event["routeKey"]:
        case "GET /api/metrics":
            return _metrics(str(event["headers"].get("accept", "")))
        case "POST /api/monitoring/alerts/{name}/acknowledge":
            return http.answer(200, _acknowledged(event, operator))
        case _:
            return http.answer(200, _seen(event))


def _seen(event: http.Event) -> object:
    asked = event.get("queryStringParameters") or {}
    match event["routeKey"]:
        case "GET /api/infrastructure/status":
            return infrastructure.ask(console.survey().parts(), wiring.clock().now_ms())
        case "GET /api/monitoring/alerts":
            return alerts.look(console.watch())
        case "GET /api/monitoring/dashboards":
            return console.dashboards().names()
        case "GET /api/monitoring/dashboards/{name}":
            name = str(event["pathParameters"]["name"])
            return console.dashboards().read(name, graphs.read_hours(asked.get("hours")))
        case "GET /api/audit/chain":
            end_s = time.monotonic() + VERIFIED_S
            return deeds.verify_chain(wiring.rooms_table(), lambda: time.monotonic() < end_s)
        case _:
            return deeds.read(wiring.rooms_table(), wiring.clock(), asked.get("day"), asked.get("start"))


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

    return operator_door.once(event, operator, act)
