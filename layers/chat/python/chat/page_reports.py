"""What pages tell of how they fare: times, counts and where they failed, and never what was said or by whom.

A report is anybody's word: it is bounded in every direction, counted, and believed by nobody who wakes people. Pure.
"""

from __future__ import annotations

import logging
from typing import Annotated, Literal

import msgspec

from chat import signals
from chat.buckets import TokenBuckets
from chat.errors import TooLargeError, TooManyRequestsError

MAX_REPORT_BYTES = 8 * 1024
MAX_TIMES = 50
SLOW_ACK_MS = 1_000
"""From here on people notice that their message is on its way."""

REPORTS_PER_S, REPORTS_AT_ONCE = 1, 20
"""Of one address. A page tells every few minutes and when it is left, so an office of hundreds stays far below."""

TimeMs = Annotated[float, msgspec.Meta(ge=0, le=600_000)]
Times = Annotated[list[TimeMs], msgspec.Meta(max_length=MAX_TIMES)]
Vital = Literal["LCP", "INP", "FCP", "TTFB"]

logger = logging.getLogger(__name__)


class PageFault(msgspec.Struct, frozen=True, kw_only=True):
    """An error that nothing in the page caught, by its type and the innermost frames of its stack."""

    fingerprint: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{12}$")]
    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{1,40}$")]


class PageReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one page saw since it last told. Times are in milliseconds of the browser's monotonic clock.

    But for `delivery_ms`, from the server's time of a message to its arrival: there the page's own clock is corrected
    by the time that `hello` told.
    """

    ack_ms: Times = []
    delivery_ms: Times = []
    reconnects: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    fallback_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    """How long requests took a socket's place."""
    sent_bytes: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    received_bytes: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    """Frames and answers, as text in UTF-8; files are not among them."""
    vitals: dict[Vital, TimeMs] = {}
    layout_shift: Annotated[float, msgspec.Meta(ge=0, le=10)] | None = None
    faults: Annotated[list[PageFault], msgspec.Meta(max_length=10)] = []


def require_room(buckets: TokenBuckets, address: str, size_bytes: int, now_ms: int) -> None:
    """Raises `TooLargeError`, and `TooManyRequestsError` for an address that tells too often. No call."""
    if size_bytes > MAX_REPORT_BYTES:
        raise TooLargeError(f"A report has at most {MAX_REPORT_BYTES} bytes.")
    wait_ms = buckets.take(address, 1, now_ms)
    if wait_ms:
        raise TooManyRequestsError("Reports come too often from this address.", retry_after_ms=wait_ms)


def take(report: PageReport) -> None:
    """Counts what the page saw; each fault is a line of the log, to be found by its fingerprint."""
    signals.PAGE_REPORTS.add()
    for ack_ms in report.ack_ms:
        signals.PAGE_ACK_LATENCY.observe(ack_ms)
    signals.PAGE_ACKS.add(len(report.ack_ms))
    signals.PAGE_ACKS_SLOW.add(sum(ack_ms > SLOW_ACK_MS for ack_ms in report.ack_ms))
    for delivery_ms in report.delivery_ms:
        signals.PAGE_DELIVERY_LATENCY.observe(delivery_ms)
    signals.PAGE_RECONNECTS.add(report.reconnects)
    signals.PAGE_FALLBACK_SECONDS.add(report.fallback_s)
    signals.PAGE_BYTES.add(report.sent_bytes, of="sent")
    signals.PAGE_BYTES.add(report.received_bytes, of="received")
    for vital, time_ms in report.vitals.items():
        signals.PAGE_VITALS.observe(time_ms, of=vital)
    if report.layout_shift is not None:
        signals.PAGE_LAYOUT_SHIFT.observe(report.layout_shift)
    for fault in report.faults:
        signals.PAGE_FAULTS.add()
        logger.warning("a page failed", extra={"fingerprint": fault.fingerprint, "exception_name": fault.name})
