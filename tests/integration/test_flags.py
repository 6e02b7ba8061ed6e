"""A feature flag on the running stack: switched over HTTP without a deployment, told to clients, and measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from chat.storage.flag_rules import REMEMBERED_MS
from local.deployment import OPERATOR
from local.stack import LocalStack
from operations import experiment
from operations.stage import Stage
from tests.integration.test_signals import OWN, sum_of
from tests.integration.users import WAIT_S, HttpAnswer, SignIn, post, request, session_token

AFTER = "recipients:after"


@pytest.fixture
async def set_rule(stack: LocalStack) -> AsyncIterator[Callable[[dict[str, Any]], Any]]:
    """Sets the rule of `recipients` as an operator, behind the last one; it is off again at the end."""
    token = await asyncio.to_thread(session_token, stack, OPERATOR)
    url = f"{stack.api_url}/api/flags"

    async def change(rule: dict[str, Any]) -> HttpAnswer:
        found = await asyncio.to_thread(partial(request, url, token=token))
        (version,) = [each["version"] for each in found.body["flags"] if each["flag"] == "recipients"]
        wanted = {"flag": "recipients", "rule": rule, "if_version": version, "why": "a test of the running stack"}
        return await asyncio.to_thread(post, url, wanted, token)

    yield change
    assert (await change({})).status == 200


async def test_a_flag_takes_effect_without_a_deployment_and_its_metrics_come_by_variant(
    sign_in: SignIn,
    room: str,
    aws: Callable[[str], Any],
    set_rule: Callable[[dict[str, Any]], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Lunch", room=room)
    await bob.enter(room)
    among = [*OWN, {"Name": "variant", "Value": AFTER}]
    metrics = aws("cloudwatch")
    assert not sum_of(metrics, "Chat", "Exposures", among)

    answer = await set_rule({"on": True, "shares": {"after": 100}})
    assert (answer.status, answer.body["in_force_within_ms"]) == (200, REMEMBERED_MS)
    await asyncio.sleep(REMEMBERED_MS / 1_000)
    for text in ("no message waits for the rules", "by another way"):
        await ada.call("send", room=room, text=text)
        assert (await bob.event("message"))["message"]["text"] == text
    assert (await ada.call("hello"))["result"]["variants"] == {"recipients": "after"}
    async with asyncio.timeout(2 * WAIT_S):
        for name in ("Exposures", "VariantAckLatency", "VariantDeliveryLatency"):
            while not sum_of(metrics, "Chat", name, among):
                # An instance that told much lately tells of this at the end of a later invocation.
                await ada.call("hello")
                await asyncio.sleep(0.5)

    # A minute of one variant is nothing to compare, and the command says so.
    monkeypatch.setattr(Stage, "find", lambda name: Stage(name, aws))
    arguments = ["recipients", "--stage", "local", "--since", "2026-01-01"]
    assert await asyncio.to_thread(experiment.main, arguments) == experiment.TOO_LITTLE
    assert "Not enough data" in capsys.readouterr().out


async def test_others_than_operators_see_no_flags(sign_in: SignIn, stack: LocalStack) -> None:
    ada = await sign_in("Ada")
    refused = await asyncio.to_thread(partial(request, f"{stack.api_url}/api/flags", token=ada.token))
    assert (refused.status, refused.body["code"]) == (403, "not_allowed")
