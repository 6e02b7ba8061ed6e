"""Structured logs: one JSON line a record, with the invocation's request id on each. Message texts are never logged.

Modules of the domain log through `logging.getLogger(__name__)`; all of those loggers are children of the one below.
Each line says what it goes back to (`chat.correlation`), and one with an exception which fault it is (`chat.faults`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger

from chat import correlation, faults, signals
from chat.aws import causes
from chat.aws.metric_lines import MetricReporter
from chat.settings import Settings

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class _Origin(logging.Filter):
    """Adds to each record where it comes from."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets everything through."""
        if correlation.current():
            record.correlation = correlation.current()
        if record.exc_info and record.exc_info[1]:
            record.fingerprint = faults.fingerprint(record.exc_info[1])
            signals.ERRORS.add(record.levelno >= logging.ERROR)
        return True


_logger = Logger(service="chat")
_logger.registered_handler.addFilter(_Origin())
_inject = _logger.inject_lambda_context(clear_state=True)


def invocations(handle: Callable[[Any, Any], Result]) -> Callable[[Any, Any], Result]:
    """Decorates a function's entry point: what is logged during an invocation carries its request id and function.

    Each invocation is a line itself, by which whatever followed from a frame is found; 400 bytes, $0.20 a million.
    Then what was counted is told, where it is time for that.
    """

    @wraps(handle)
    def observed(event: Any, context: Any) -> Result:  # noqa: ANN401 - whatever Lambda has
        correlation.begin(causes.of_event(event) if isinstance(event, dict) else ())
        started_s = time.perf_counter()
        try:
            return handle(event, context)
        except Exception:
            # Lambda counts it among the function's errors, and some are a state machine's way of being told no.
            logger.warning("invocation failed", exc_info=True)
            raise
        finally:
            _tell(event, (time.perf_counter() - started_s) * 1_000)
            _reporter().report()

    decorated: Callable[[Any, Any], Result] = _inject(observed)
    return decorated


def _tell(event: Any, duration_ms: float) -> None:  # noqa: ANN401 - as above
    about: dict[str, object] = {"duration_ms": round(duration_ms, 1)}
    if isinstance(event, dict) and (who := causes.user_hash(event)):
        about["user_hash"] = who
    logger.info("invocation", extra=about)


@cache
def _reporter() -> MetricReporter:
    return MetricReporter(Settings.from_env().stage, lambda: time.time_ns() // 1_000_000)
