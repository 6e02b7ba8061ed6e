"""Which function has which trigger, with which limits, as stage `dev` deploys it.

`tests/infrastructure/test_simulated_stage.py` holds every line of this against the synthesized templates.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_RECEIVES = 5


@dataclass(frozen=True)
class FunctionSpec:
    """A function: `functions.HANDLER`, its time limit, and the settings that it is given."""

    handler: str
    timeout_s: int
    settings: tuple[str, ...]


@dataclass(frozen=True)
class QueueSpec:
    """A queue, by its setting or by what it is for, and the function that works it off."""

    name: str
    worker: str
    batch_size: int = 10
    events: tuple[str, ...] = ()
    """Events of the topic that come into it; empty: it is sent to."""


_POSTING = (
    "rooms_table",
    "messages_table",
    "connections_table",
    "connections_url",
    "delivery_queue_url",
    "notices_queue_url",
    "user_rate_per_s",
    "user_burst",
)

FUNCTIONS = (
    FunctionSpec("connect.authorize", 5, ("connections_table",)),
    FunctionSpec("connect.connect", 10, ("connections_table", "notices_queue_url")),
    FunctionSpec("connect.disconnect", 15, ("connections_table", "notices_queue_url")),
    FunctionSpec("connect.tickets", 10, ("connections_table", "websocket_url", "session_secret_arn")),
    FunctionSpec("message.command", 15, _POSTING),
    FunctionSpec("message.http_command", 15, (*_POSTING, "session_secret_arn")),
    FunctionSpec("message.http_events", 28, ("rooms_table", "messages_table", "session_secret_arn")),
    FunctionSpec(
        "message.deliver",
        30,
        ("rooms_table", "messages_table", "connections_table", "connections_url", "delivery_queue_url"),
    ),
    FunctionSpec("message.notices", 15, ("rooms_table", "connections_table", "connections_url", "notices_queue_url")),
    FunctionSpec("message.outbox", 30, ("events_topic_arn",)),
    FunctionSpec("message.activity", 30, ("rooms_table", "notices_queue_url")),
    FunctionSpec("message.index", 30, ("rooms_table", "messages_table", "jobs_queue_url")),
    FunctionSpec("ops.account", 10, ("rooms_table", "media_bucket", "jobs_queue_url", "session_secret_arn")),
    FunctionSpec(
        "ops.account_jobs",
        120,
        (
            "rooms_table",
            "messages_table",
            "connections_table",
            "connections_url",
            "delivery_queue_url",
            "jobs_queue_url",
            "media_bucket",
        ),
    ),
)
"""Functions that a message, its sender and its readers meet. Images, webhooks and push messages are not simulated."""

QUEUES = (
    QueueSpec("delivery", "message.deliver"),
    QueueSpec("notices", "message.notices"),
    QueueSpec("jobs", "ops.account_jobs", batch_size=1),
    QueueSpec("activity", "message.activity", events=("MessagePosted",)),
    QueueSpec("index", "message.index", events=("MessagePosted", "MessageChanged", "MessageDeleted")),
)

ROUTES = {
    "POST /api/tickets": "connect.tickets",
    "POST /api/commands": "message.http_command",
    "GET /api/events": "message.http_events",
    "POST /api/account/erasure": "ops.account",
    "GET /api/account/erasure": "ops.account",
}
"""Routes of the HTTP API."""

CONNECT, DISCONNECT, AUTHORIZER, COMMANDS = (
    "connect.connect",
    "connect.disconnect",
    "connect.authorize",
    "message.command",
)
"""Functions of the WebSocket API; the last one has every action and `$default`."""


def visibility_ms(worker: FunctionSpec) -> int:
    """How long a body that was received is hidden (`cdk.constructs.dead_letters.WorkQueue`)."""
    return 6 * worker.timeout_s * 1_000
