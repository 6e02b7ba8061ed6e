"""Queues of posted messages and of what is due: who is away is told on their devices."""

from __future__ import annotations

from typing import Any

from chat import log
from chat.aws import batches, push
from chat.push import notify


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """What a device does not take is no failure of this function's; dead letters are what it could not note."""
    return batches.answer_together(event, lambda bodies: notify.work_off(push.notifier(), bodies))
