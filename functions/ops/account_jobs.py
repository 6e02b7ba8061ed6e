"""The queue of jobs on users' own data: an export's next archive, an erasure's next pass."""

from __future__ import annotations

from typing import Any

from chat import log
from chat.accounts import jobs
from chat.aws import accounts, batches


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """A slice that failed is received again; past the queue's count it is dead, and goes on when it is redriven."""
    return batches.answer(event, lambda record: jobs.work_off(accounts.accounts(), record["body"].encode()))
