"""What pages tell of how they fare: counted, bounded, and of nobody."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from chat import signals
from chat.buckets import TokenBuckets
from chat.page_reports import MAX_REPORT_BYTES, REPORTS_AT_ONCE, REPORTS_PER_S
from functions.ops import measurements
from tests.unit.test_handlers import CONTEXT, body, recorded

REPORT: dict[str, Any] = {
    "ack_ms": [80, 1_500],
    "delivery_ms": [40],
    "reconnects": 1,
    "fallback_s": 30,
    "sent_bytes": 100,
    "received_bytes": 2_000,
    "vitals": {"LCP": 900.5},
    "layout_shift": 0.01,
    "faults": [{"fingerprint": "0123456789ab", "name": "TypeError"}],
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts begin at nothing, and nobody has told anything yet."""
    monkeypatch.setenv("CHAT_STAGE", "test")
    monkeypatch.setattr(measurements, "buckets", TokenBuckets(REPORTS_PER_S, REPORTS_AT_ONCE))
    signals.take()


def tell(report: object, address: str = "203.0.113.7, 10.0.0.1") -> tuple[int, dict[str, Any]]:
    text = report if isinstance(report, str) else json.dumps(report)
    event = recorded("http_api", routeKey="POST /api/measurements", headers={"x-forwarded-for": address}, body=text)
    answer = measurements.respond({**event, "isBase64Encoded": False})
    return int(answer["statusCode"]), body(answer)


def counted() -> dict[tuple[str, str], list[float]]:
    return {(reading.name, reading.of): list(reading.values) for reading in signals.take()}


def test_a_report_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert tell(REPORT) == (202, {})
    assert counted() == {
        ("PageReports", ""): [1],
        ("PageAckLatency", ""): [80, 1_500],
        ("PageAcks", ""): [2],
        ("PageAcksSlow", ""): [1],
        ("PageDeliveryLatency", ""): [40],
        ("PageReconnects", ""): [1],
        ("PageFallbackSeconds", ""): [30],
        ("PageBytes", "sent"): [100],
        ("PageBytes", "received"): [2_000],
        ("PageVitals", "LCP"): [900.5],
        ("PageLayoutShift", ""): [0.01],
        ("PageFaults", ""): [1],
    }
    (line,) = caplog.records
    assert (line.fingerprint, line.exception_name) == ("0123456789ab", "TypeError")  # type: ignore[attr-defined]


def test_a_page_that_saw_nothing_may_say_so() -> None:
    assert tell({})[0] == 202
    assert counted() == {("PageReports", ""): [1]}


@pytest.mark.parametrize(
    "report",
    [
        {"ack_ms": [1] * 51},
        {"ack_ms": [-1]},
        {"vitals": {"room": 1}},
        {"faults": [{"fingerprint": "0123456789ab", "name": "said: hello"}]},
        {"faults": [{"fingerprint": "hello", "name": "TypeError"}]},
        {"sent_bytes": 1e12},
    ],
)
def test_what_is_out_of_bounds_is_refused_and_counts_nothing(report: dict[str, Any]) -> None:
    assert_refused(report, "invalid_field")


def test_a_report_that_is_too_long_is_refused_before_it_is_read() -> None:
    assert_refused('"' + "x" * MAX_REPORT_BYTES + '"', "too_large")


def test_one_address_can_tell_so_often_only_and_hinders_no_other() -> None:
    for _ in range(REPORTS_AT_ONCE):
        assert tell({})[0] == 202
    assert_refused({}, "too_many_requests")
    assert tell({}, "203.0.113.8")[0] == 202


def assert_refused(report: object, code: str) -> None:
    signals.take()
    text = report if isinstance(report, str) else json.dumps(report)
    headers = {"x-forwarded-for": "203.0.113.7"}
    event = recorded("http_api", routeKey="POST /api/measurements", headers=headers, body=text)
    answer = measurements.handle({**event, "isBase64Encoded": False}, CONTEXT)
    assert body(answer)["code"] == code
