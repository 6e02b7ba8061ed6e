"""What operators see of the running stack and change in it. Each answer is held against the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import requests
import schemathesis

from chat.protection import COSTS
from chat.protocol import ListRooms
from chat.storage.scaling import LOOK_MS
from contracts.openapi import document
from local.deployment import OPERATOR
from local.stack import LocalStack
from tests.integration.users import WAIT_S, SignIn, User, session_token

SCHEMA = schemathesis.openapi.from_dict(document())
MINUTE_S = 60


class Desk:
    """An operator's desk, or anybody's: requests to the stack, whose answers must be as the document has them."""

    def __init__(self, stack: LocalStack, token: str | None) -> None:
        self._url = stack.api_url
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def ask(self, route: str, sent: Any = None, *, status: int = 200, query: str = "", **headers: str) -> Any:
        """The body of the answer: JSON, or text."""
        method, _, path = route.partition(" ")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.request(
            method, f"{self._url}{path}{query}", json=sent, headers=self._headers | named, timeout=WAIT_S
        )
        assert answer.status_code == status, answer.text
        SCHEMA[template_of(path)][method].validate_response(answer)
        return answer.json() if "json" in answer.headers["content-type"] else answer.text


def template_of(path: str) -> str:
    """The path as the document has it."""
    patterns = {template: re.sub(r"{\w+}", "[^/]+", template) for template in document()["paths"]}
    return str(next(template for template, pattern in patterns.items() if re.fullmatch(pattern, path)))


@pytest.fixture(scope="session")
def operator(stack: LocalStack) -> Desk:
    """Of whoever runs the stage."""
    return Desk(stack, session_token(stack, OPERATOR))


async def eventually(holds: Callable[[], Any]) -> Any:
    """What is asked for, as soon as there is some."""
    for _ in range(WAIT_S * 5):
        if found := await asyncio.to_thread(holds):
            return found
        await asyncio.sleep(0.2)
    pytest.fail("it never was so")


READ = [
    "GET /api/metrics",
    "GET /api/infrastructure/status",
    "GET /api/monitoring/alerts",
    "GET /api/audit",
    "GET /api/scaling/config",
    "GET /api/scaling/versions",
]
WRITE = ["POST /api/scaling/config", "POST /api/scaling/rollback", "POST /api/cache/invalidate"]


def test_nobody_else_is_told_anything_or_changes_anything(stack: LocalStack) -> None:
    nobody, ada = Desk(stack, None), Desk(stack, session_token(stack, "Ada"))
    for route in (*READ, *WRITE, "POST /api/monitoring/alerts/any/acknowledge"):
        sent: dict[str, Any] | None = {} if route.startswith("POST") else None
        assert nobody.ask(route, sent, status=401)["code"] == "unauthorized"
        assert ada.ask(route, sent, status=403)["code"] == "not_allowed"
    assert nobody.ask("GET /api/health") == {"status": "ok"}


def test_health_names_every_dependency_and_its_time_to_operators(operator: Desk) -> None:
    told = operator.ask("GET /api/health")
    tables = {"rooms_table", "messages_table", "connections_table"}
    assert set(told["checks"]) == {*tables, "delivery_queue", "events_topic", "media_bucket", "cache"}
    for check in told["checks"].values():
        assert check["ok"] is True
        assert check["latency_ms"] > 0


def test_the_infrastructure_is_told_part_by_part(operator: Desk) -> None:
    told = operator.ask("GET /api/infrastructure/status")
    assert {name: part["state"] for name, part in told["parts"].items()} == dict.fromkeys(told["parts"], "ok")
    stacks = {each["name"]: each["status"] for each in told["parts"]["stacks"]["items"]}
    parts = ("data", "service", "media", "operations", "edge", "observability")
    assert {name: stacks[name].partition("_")[2] for name in stacks} == {
        f"chat-local-{part}": "COMPLETE" for part in parts
    }
    assert [each["status"] for each in told["parts"]["tables"]["items"]] == ["ACTIVE"] * 3
    functions = told["parts"]["functions"]["items"]
    assert {"Command", "Deliver", "Scaling"} <= {each["name"][: -len("0123ABCD")] for each in functions}
    assert {"waiting", "in_flight", "delayed"} <= told["parts"]["queues"]["items"][0].keys()
    used = {each["name"]: (each["used"], each["limit"]) for each in told["parts"]["quotas"]["items"]}
    assert 0 < used["resources of chat-local-service"][0] < used["resources of chat-local-service"][1]


def test_numbers_are_those_of_cloudwatch_in_each_form(operator: Desk, aws: Callable[[str], Any]) -> None:
    of_the_stage = [{"Name": "stage", "Value": "local"}, {"Name": "path", "Value": f"test-{uuid.uuid4().hex}"}]
    minute = time.time() // MINUTE_S * MINUTE_S - MINUTE_S
    datum = {"MetricName": "Deliveries", "Dimensions": of_the_stage, "Timestamp": minute, "Value": 17, "Unit": "Count"}
    aws("cloudwatch").put_metric_data(Namespace="Chat", MetricData=[datum])
    samples = operator.ask("GET /api/metrics")["samples"]
    (found,) = [each for each in samples if each["labels"].get("path") == of_the_stage[1]["Value"]]
    assert (found["name"], found["value"], found["at_ms"]) == ("chat_deliveries", 17, minute * 1_000)
    text = operator.ask("GET /api/metrics", accept="text/plain;q=0.9, application/json;q=0.1")
    assert f'path="{of_the_stage[1]["Value"]}"' in text
    assert operator.ask("GET /api/metrics", accept="image/png", status=406)["code"] == "not_acceptable"


async def commands_refused(user: User, *, least: int) -> bool:
    """Whether some of `least` commands at once are too many."""
    replies = [await user.call("rooms") for _ in range(least)]
    return any(reply.get("code") == "too_many_requests" for reply in replies)


async def test_a_limit_is_in_force_in_running_functions_within_seconds_and_is_taken_back(
    operator: Desk, sign_in: SignIn, aws: Callable[[str], Any]
) -> None:
    ada, before = await sign_in("Ada"), await asyncio.to_thread(operator.ask, "GET /api/scaling/config")
    version, pollers = before["current"]["version"], {"message.deliver": {"reserved": 20, "pollers": 5}}
    wanted = {
        "if_version": version,
        "why": "a test of the running stack",
        "limits": {"user_rate_per_s": 1, "user_burst": 8},
        "functions": pollers,
    }
    key = uuid.uuid4().hex
    change = partial(operator.ask, "POST /api/scaling/config", wanted, idempotency_key=key)
    assert not await commands_refused(ada, least=8 // COSTS[ListRooms] + 1)
    changed = await asyncio.to_thread(change)
    try:
        assert (changed["current"]["version"], changed["in_force_within_ms"]) == (version + 1, LOOK_MS)
        assert await asyncio.to_thread(change) == changed
        assert await seen(ada, refused=True)
        assert scaling_of(aws) == (20, 5)
        stale = {**wanted, "why": "another"}
        conflict = await asyncio.to_thread(operator.ask, "POST /api/scaling/config", stale, status=409)
        assert conflict["code"] == "version_conflict"
    finally:
        back = {"version": version, "if_version": version + 1, "why": "the test is over"}
        await asyncio.to_thread(operator.ask, "POST /api/scaling/rollback", back)
        await asyncio.sleep(LOOK_MS / 1_000)  # in every instance, so that no other test meets the limit
    assert await seen(ada, refused=False)
    assert scaling_of(aws) == (None, None)
    deeds = (await asyncio.to_thread(operator.ask, "GET /api/audit"))["deeds"]
    assert [deed["why"] for deed in deeds if deed["what"].startswith("scaling.")][:2] == [back["why"], wanted["why"]]


async def seen(user: User, *, refused: bool) -> bool:
    """Whether it becomes so within twice the time that it may take, and what Ada's own bucket needs to fill."""
    until_s = time.monotonic() + 2 * LOOK_MS / 1_000 + WAIT_S
    while time.monotonic() < until_s:
        if await commands_refused(user, least=8 // COSTS[ListRooms] + 1) == refused:
            return True
        await asyncio.sleep(0.5)
    return False


def scaling_of(aws: Callable[[str], Any]) -> tuple[int | None, int | None]:
    """What Lambda has of the function of deliveries: reserved concurrency, and pollers."""
    functions = aws("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    name = next(
        each["FunctionName"] for page in pages for each in page["Functions"] if "message.deliver." in each["Handler"]
    )
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    reserved = functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    return reserved, mapping.get("ScalingConfig", {}).get("MaximumConcurrency")


async def test_an_active_alarm_is_seen_and_taken_on(operator: Desk, aws: Callable[[str], Any]) -> None:
    sqs, hops = aws("sqs"), aws("ssm").get_parameter(Name="/chat/local/dead-letters/1")["Parameter"]["Value"]
    url = next(hop["queue"] for hop in json.loads(hops) if hop["name"] == "jobs")
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    try:
        alarm = await eventually(partial(active_with, operator, url.rpartition("/")[2], aws))
        note = {"note": f"on it {uuid.uuid4().hex}"}
        route = f"POST /api/monitoring/alerts/{alarm}/acknowledge"
        taken = await asyncio.to_thread(operator.ask, route, note)
        assert (taken["acknowledged"]["operator"], taken["acknowledged"]["note"]) == (OPERATOR, note["note"])
        told = await asyncio.to_thread(operator.ask, "GET /api/monitoring/alerts")
        assert next(each for each in told["active"] if each["name"] == alarm) == taken
        assert any(turn["name"] == alarm for turn in told["history"])
    finally:
        sqs.purge_queue(QueueUrl=url)
    unknown = await asyncio.to_thread(operator.ask, "POST /api/monitoring/alerts/nothing/acknowledge", note, status=404)
    assert unknown["code"] == "alarm_not_found"


def active_with(operator: Desk, queue: str, aws: Callable[[str], Any]) -> str | None:
    """The name of the active alarm on the queue."""
    pages = aws("cloudwatch").get_paginator("describe_alarms").paginate()
    among = [{"Name": "QueueName", "Value": queue}]
    names = {each["AlarmName"] for page in pages for each in page["MetricAlarms"] if each.get("Dimensions") == among}
    active = operator.ask("GET /api/monitoring/alerts")["active"]
    return next((each["name"] for each in active if each["name"] in names), None)


def test_what_users_are_answered_is_as_the_document_has_it(stack: LocalStack, operator: Desk) -> None:
    anybody, ada = Desk(stack, None), Desk(stack, session_token(stack, "Ada"))
    anybody.ask("GET /api/config")
    anybody.ask("POST /api/sessions", {"name": "Ada"}, status=201)
    anybody.ask("POST /api/sessions", {"name": 5}, status=400)
    anybody.ask("POST /api/wallet/nonces", {}, status=201)
    ada.ask("POST /api/tickets", {}, status=201)
    ada.ask("POST /api/commands", {"action": "rooms", "id": "1"})
    ada.ask("GET /api/push/subscriptions")
    ada.ask("POST /api/account/export", {}, status=202)
    ada.ask("GET /api/account/export")
    ada.ask("GET /api/account/erasure", status=404)
    ada.ask("GET /api/webhooks", status=403)
    nowhere = f"nowhere-{uuid.uuid4().hex}"  # tests that send anything may have made a room of any other name
    wanted = {"room": nowhere, "name": "cat.jpg", "content_type": "image/jpeg", "size_bytes": 1_000}
    ada.ask("POST /api/media", wanted, status=404)
    hook = {"url": "https://hooks.example.com/chat", "events": ["MembershipChanged"], "rooms": [nowhere]}
    made = operator.ask("POST /api/webhooks", hook, status=201)
    assert made["id"] in {each["id"] for each in operator.ask("GET /api/webhooks")["webhooks"]}
    one = f"/api/webhooks/{made['id']}"
    operator.ask(f"POST {one}/enable", {})
    operator.ask(f"DELETE {one}")


def test_the_day_of_the_audit_is_one(operator: Desk) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert operator.ask("GET /api/audit", query=f"?day={today}")["day"] == today
    assert operator.ask("GET /api/audit", query="?day=yesterday", status=400)["code"] == "invalid_field"
