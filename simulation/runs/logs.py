"""What the application and the client log while they are simulated goes into the trace, and not to the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from simulation.cloud.cloud import Cloud

LOGGERS = ("agent_chat", "chat")


class _TraceHandler(logging.Handler):
    def __init__(self, cloud: Cloud) -> None:
        super().__init__(logging.WARNING)
        self._cloud = cloud

    def emit(self, record: logging.LogRecord) -> None:
        """One line of the trace, with what was raised."""
        raised = f" {record.exc_info[1]!r}" if record.exc_info else ""
        self._cloud.note("log", record.name, f"{record.getMessage()}{raised}")


@contextmanager
def into_trace(cloud: Cloud) -> Iterator[None]:
    """Takes over both packages' loggers for as long as it lasts."""
    handler = _TraceHandler(cloud)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger, logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, propagate, level in before:
            logger.removeHandler(handler)
            logger.propagate = propagate
            logger.setLevel(level)
