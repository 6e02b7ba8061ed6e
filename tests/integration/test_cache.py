"""The cache of the running stack: deployed functions share it, operators declare it stale, and nobody needs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from chat.aws.client import AwsClient
from chat.aws.dynamodb import DynamoDbTable
from chat.aws.valkey import Valkey
from chat.caching.invalidations import LOOK_MS
from chat.ports import Query
from local.deployment import OPERATOR
from local.ports import LOOPBACK
from local.stack import LocalStack
from tests.integration.users import WAIT_S, SignIn, post

PREFIX = "chat:local:1"


@pytest.fixture
def valkey(stack: LocalStack) -> Valkey:
    """The stack's own server."""
    return Valkey(f"redis://{LOOPBACK}:{stack.ports.cache}", call_ms=5_000, connect_ms=5_000)


async def eventually(holds: Callable[[], bool]) -> None:
    """Waits until it holds, no longer than a function takes to start."""
    for _ in range(WAIT_S * 10):
        if holds():
            return
        await asyncio.sleep(0.1)
    pytest.fail("it never was so")


async def kept_in_the_end(valkey: Valkey, key: str, call: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    """What the call leaves under the key; a function that has waited in vain for its cache does without for a while."""
    for _ in range(WAIT_S):
        assert (await call())["type"] == "ack"
        if kept := bytes_of(valkey, f"{PREFIX}:{key}"):
            return kept
        await asyncio.sleep(1)
    pytest.fail(f"nothing was ever kept under {key}")


def log(valkey: Valkey) -> list[bytes]:
    (lines,) = valkey.run(("LRANGE", "chat:local:log", 0, -1))
    assert isinstance(lines, list)
    return lines


async def test_a_membership_that_one_function_has_read_is_there_for_all(
    sign_in: SignIn, room: str, valkey: Valkey
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Lunch", room=room)
    user = (await ada.call("members", room=room))["result"]["members"][0]["user"]["id"]
    kept = await kept_in_the_end(valkey, f"membership#{room}#{user}", partial(ada.call, "send", room=room, text="kept"))
    assert msgspec.msgpack.decode(kept)[3]["role"] == "owner"


async def test_who_is_put_out_reads_nothing_more_within_five_seconds_over_either_way(
    sign_in: SignIn, room: str, stack: LocalStack
) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Lunch", room=room)
    await bob.enter(room)
    assert (await bob.call("history", room=room))["type"] == "ack"
    user = next(
        member["user"]["id"]
        for member in (await ada.call("members", room=room))["result"]["members"]
        if member["user"]["name"] == "Bob"
    )
    # Over HTTP: a function that has no part in the cache, and so can tell nobody who has.
    frame = {"action": "remove", "id": "out", "room": room, "user": user}
    assert (await asyncio.to_thread(post, f"{stack.api_url}/api/commands", frame, ada.token)).body["type"] == "ack"
    await asyncio.sleep(LOOK_MS / 1_000)
    assert (await bob.call("history", room=room))["code"] == "not_a_member"


async def test_an_operator_declares_a_room_stale_and_it_is_noted(
    sign_in: SignIn, room: str, stack: LocalStack, valkey: Valkey, client: AwsClient
) -> None:
    operator = await sign_in(OPERATOR)
    url = f"{stack.api_url}/api/cache/invalidate"
    wanted = {"scope": "room", "value": room, "why": "a test of the running stack"}
    answer = await asyncio.to_thread(post, url, wanted, operator.token)
    assert (answer.status, answer.body["in_force_within_ms"]) == (202, LOOK_MS)
    await eventually(lambda: any(json.loads(line)["scope"]["value"] == room for line in log(valkey)))
    rooms = DynamoDbTable(client, stack.outputs["RoomsTableName"])
    day = datetime.now(UTC).date().isoformat()
    (page,) = rooms.query(Query(f"audit#{day}", consistent=True))
    (noted,) = [item for item in page.items if item["id"] == answer.body["id"]]
    assert (noted["what"], noted["about"], noted["why"]) == ("cache.invalidate", f"room:{room}", wanted["why"])


async def test_others_declare_nothing_stale(sign_in: SignIn, stack: LocalStack) -> None:
    ada = await sign_in("Ada")
    refused = await asyncio.to_thread(
        post, f"{stack.api_url}/api/cache/invalidate", {"scope": "all", "why": "fun"}, ada.token
    )
    assert (refused.status, refused.body["code"]) == (403, "not_allowed")


async def test_an_edit_leaves_no_old_text_in_the_cache(sign_in: SignIn, room: str, valkey: Valkey) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Lunch", room=room)
    await ada.call("send", room=room, text="a secret that slipped out")
    key = f"recent#{room}#"
    assert b"slipped out" in await kept_in_the_end(valkey, key, partial(ada.call, "history", room=room))
    await ada.call("delete", room=room, seq=1)
    await eventually(lambda: b"slipped out" not in bytes_of(valkey, f"{PREFIX}:{key}"))


def bytes_of(valkey: Valkey, key: str) -> bytes:
    (kept,) = valkey.run(("GET", key))
    return kept if isinstance(kept, bytes) else b""


async def test_without_its_cache_the_stack_goes_on(sign_in: SignIn, room: str, valkey: Valkey) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Lunch", room=room)
    await bob.enter(room)
    valkey.run(("CLIENT", "PAUSE", 5_000, "ALL"))
    for number in range(5):
        assert (await ada.call("send", room=room, text=f"paused {number}"))["type"] == "ack"
        assert (await bob.call("history", room=room))["type"] == "ack"
