"""`POST /api/measurements`: a page tells how it fares. Anybody may: a page that is being left can send no token."""

from __future__ import annotations

from chat import http, log, page_reports
from chat.aws import wiring
from chat.buckets import TokenBuckets
from chat.page_reports import REPORTS_AT_ONCE, REPORTS_PER_S, PageReport

buckets = TokenBuckets(REPORTS_PER_S, REPORTS_AT_ONCE)
"""How often each address may still tell this instance."""


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """202 for a report that was counted; 400, 413 for one that is none, 429 for too many from one address."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Counts it."""
    body = http.raw_body(event)
    page_reports.require_room(buckets, http.caller(event), len(body), wiring.clock().now_ms())
    page_reports.take(http.body(event, PageReport))
    return http.answer(202, {})
