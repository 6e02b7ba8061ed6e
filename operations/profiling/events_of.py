"""Recorded events: which function one is for, and a fresh one for each round, as a client would send it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from operations.errors import UsageError

Event = dict[str, Any]

BY_TYPE = {"MESSAGE": "message.command", "CONNECT": "connect.connect", "DISCONNECT": "connect.disconnect"}
BY_SOURCE = {"aws:sqs": "message.deliver", "aws:dynamodb": "message.outbox"}


def read(path: Path) -> Event:
    """Raises `UsageError` for what is no event."""
    try:
        event = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}.") from error
    if not isinstance(event, dict):
        raise UsageError(f"{path} is no event: those of Lambda are objects.")
    return event


def function_of(event: Event) -> str:
    """GROUP.MODULE of the function that gets such events. Raises `UsageError` where that can't be told."""
    if event.get("type") == "REQUEST":
        return "connect.authorize"
    found = BY_TYPE.get(event.get("requestContext", {}).get("eventType", ""))
    records = event.get("Records") or [{}]
    found = found or BY_SOURCE.get(records[0].get("eventSource", ""))
    if found is None:
        raise UsageError("The event does not say which function it is for: name one with FUNCTION=group.module.")
    return found


def fresh(event: Event, round_number: int) -> Event:
    """The event with a command id of its own: a repeat goes another way than what is sent first."""
    made = copy.deepcopy(event)
    try:
        command = json.loads(made.get("body") or "")
        command["id"] = f"{command['id']}-{round_number}"
    except (ValueError, KeyError, TypeError):
        return made
    made["body"] = json.dumps(command)
    return made


def refusal(answer: Any) -> str | None:  # noqa: ANN401  # whatever a handler returns
    """What a handler says against an event; None where it did what it was asked."""
    if not isinstance(answer, dict):
        return None
    body = str(answer.get("body") or "")
    refused = int(answer.get("statusCode", 200)) >= 400 or '"type":"error"' in body  # noqa: PLR2004  # HTTP's
    if refused or answer.get("batchItemFailures"):
        return body or json.dumps(answer)
    return None
