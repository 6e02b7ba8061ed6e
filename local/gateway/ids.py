"""Ids and the wall clock, as API Gateway writes them into events."""

from __future__ import annotations

import base64
import os
import time


def new_id() -> str:
    """An id for a connection, a request or a message: 15 characters of base64 and `=`."""
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
