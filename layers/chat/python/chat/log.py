"""Structured logs: one JSON line a record, with the invocation's request id on each. Message texts are never logged.

Modules of the domain log through `logging.getLogger(__name__)`; all of those loggers are children of the one below.
"""

from __future__ import annotations

from aws_lambda_powertools import Logger

_logger = Logger(service="chat")

invocations = _logger.inject_lambda_context(clear_state=True)
"""Decorates a function's entry point: what is logged during an invocation carries its request id and function."""
