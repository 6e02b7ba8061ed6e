"""The queue of notices: who came and who went, and rooms in which cursors moved or something was said."""

from __future__ import annotations

from typing import Any

from chat import activity, log, notices, presence, receipts
from chat.aws import batches, wiring
from chat.aws.time_left import Context
from chat.notices import ActivityDue, PresenceDue, ReceiptsDue


@log.invocations
def handle(event: batches.Event, context: Context) -> dict[str, Any]:
    """Safe to repeat. Bodies that failed are received again, each on its own."""
    wiring.time_left().begin(context)
    return batches.answer(event, _tell)


def _tell(record: dict[str, Any]) -> None:
    match notices.decode(record["body"]):
        case PresenceDue(user):
            presence.settle(wiring.notices(), user)
        case ReceiptsDue(room):
            receipts.tell(wiring.notices(), room)
        case ActivityDue(room):
            activity.tell(wiring.notices(), room)
