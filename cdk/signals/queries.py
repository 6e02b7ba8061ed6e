"""Questions to the logs that were asked before: saved in CloudWatch Logs Insights, under `chat-STAGE/`."""

from __future__ import annotations

from dataclasses import dataclass

WAY_OF_A_MESSAGE = ("message.command", "message.http_command", "message.deliver", "message.outbox")
CONSUMERS = ("message.activity", "message.index", "message.notices", "message.push", "message.webhooks")
DOOR = ("connect.authorize", "connect.connect", "connect.disconnect")


@dataclass(frozen=True, kw_only=True)
class SavedQuery:
    """`functions` are those in whose logs is looked, named GROUP.MODULE."""

    name: str
    means: str
    query: str
    functions: tuple[str, ...]


QUERIES = (
    SavedQuery(
        name="follow-a-frame",
        means="Everything that followed from one frame or request: put in its id, which the access log has as well.",
        query="""fields @timestamp, function_name, level, message, duration_ms
| filter correlation like /REQUEST_ID/
| sort @timestamp asc
| limit 1000""",
        functions=(*WAY_OF_A_MESSAGE, *CONSUMERS, *DOOR),
    ),
    SavedQuery(
        name="faults",
        means="Faults by fingerprint: how often, in which functions, seen first and last.",
        query="""filter ispresent(fingerprint)
| stats count(*) as times, count_distinct(function_name) as functions, min(@timestamp) as first_seen,
    max(@timestamp) as last_seen, latest(exception) as example by fingerprint, exception_name
| sort times desc""",
        functions=(*WAY_OF_A_MESSAGE, *CONSUMERS, *DOOR),
    ),
    SavedQuery(
        name="slow-invocations",
        means="Invocations that took longest, with what they go back to.",
        query="""filter message = "invocation"
| fields @timestamp, function_name, duration_ms, cold_start, correlation
| sort duration_ms desc
| limit 100""",
        functions=WAY_OF_A_MESSAGE,
    ),
    SavedQuery(
        name="slow-queries",
        means="Slow calls of DynamoDB by table, operation and kind of item.",
        query="""filter message = "slow query"
| stats count(*) as seconds, max(elapsed_ms) as longest_ms, pct(elapsed_ms, 50) as median_ms by table, operation, kind
| sort seconds desc""",
        functions=(*WAY_OF_A_MESSAGE, *CONSUMERS),
    ),
    SavedQuery(
        name="posts-failed",
        means="Why posts to sockets failed.",
        query="""filter message = "posts failed"
| fields @timestamp, posts, causes.0, correlation
| sort @timestamp desc
| limit 200""",
        functions=WAY_OF_A_MESSAGE,
    ),
    SavedQuery(
        name="active-users",
        means="Users who sent commands in each hour, counted by a hash of theirs.",
        query="""filter ispresent(user_hash)
| stats count_distinct(user_hash) as users, count(*) as frames by bin(1h)""",
        functions=("message.command",),
    ),
    SavedQuery(
        name="cold-starts",
        means="How many instances started, and how long their first invocation took.",
        query="""filter cold_start = 1 and message = "invocation"
| stats count(*) as starts, pct(duration_ms, 50) as median_ms, pct(duration_ms, 99) as p99_ms
    by function_name, bin(1h)""",
        functions=(*WAY_OF_A_MESSAGE, *DOOR),
    ),
)
