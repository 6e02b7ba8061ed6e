"""A user's data handed to them and erased, on the running stack: through stream, topic, queues, bucket and links."""

from __future__ import annotations

import asyncio
import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import Any

import pytest

from local.stack import LocalStack
from tests.integration.test_media import access, fetch, permit, photo, upload
from tests.integration.test_search import find
from tests.integration.users import WAIT_S, SignIn, User, post, request

SETTLED_S = 240
"""Two passes of an erasure with the pause between them."""


def look(stack: LocalStack, user: User, kind: str) -> dict[str, Any]:
    answer = request(f"{stack.api_url}/api/account/{kind}", token=user.token)
    assert answer.status == 200, answer
    return answer.body


async def until_done(stack: LocalStack, user: User, kind: str, wait_s: int = WAIT_S) -> dict[str, Any]:
    async with asyncio.timeout(wait_s):
        while True:
            job = await asyncio.to_thread(look, stack, user, kind)
            if job["state"] == "done":
                return job
            await asyncio.sleep(0.5)


def download(url: str) -> zipfile.ZipFile:
    with urllib.request.urlopen(url, timeout=WAIT_S) as answer:  # noqa: S310 - a link that the stack gave
        return zipfile.ZipFile(io.BytesIO(answer.read()))


async def send_photo(stack: LocalStack, user: User, room: str) -> str:
    """Where the image is served, to its sender."""
    body = photo()
    form = await asyncio.to_thread(permit, stack, user, room, body)
    await asyncio.to_thread(upload, form["upload"], body)
    event = await user.event("message")
    while event["message"]["kind"] != "image":
        event = await user.event("message")
    granted = await asyncio.to_thread(access, stack, user, room)
    return f"{stack.page_url}{event['message']['media']['original']['url']}?{granted.body['query']}"


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=WAIT_S) as answer:  # noqa: S310 - http of ours
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def until_gone(url: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while True:
            if await asyncio.to_thread(status_of, url) != 200:
                return
            await asyncio.sleep(0.25)


async def test_the_image_of_a_deleted_message_is_served_no_more(stack: LocalStack, sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Photos", room=room)
    await ada.enter(room)
    url = await send_photo(stack, ada, room)
    assert (await asyncio.to_thread(fetch, url))[1] == "image/jpeg"
    assert (await ada.call("delete", room=room, seq=1))["type"] == "ack"
    await until_gone(url)


async def test_an_export_is_asked_for_waited_for_and_downloaded(stack: LocalStack, sign_in: SignIn, room: str) -> None:
    mia, ada = await sign_in("Miaexport"), await sign_in("Ada")
    await ada.call("create", title="Lunch", room=room)
    for user in (ada, mia):
        await user.enter(room)
    await mia.call("send", room=room, text="what I said")
    await ada.call("send", room=room, text="what Ada said")
    await mia.call("react", room=room, seq=2, emoji="👍")
    await find(ada, room, "said", 2)  # the index has heard of both
    answer = await asyncio.to_thread(post, f"{stack.api_url}/api/account/export", None, mia.token)
    assert (answer.status, answer.body["kind"]) == (202, "export")
    job = await until_done(stack, mia, "export")
    (archive,) = job["archives"]
    found = await asyncio.to_thread(download, archive["url"])
    (message,) = [json.loads(line) for line in found.read("messages.ndjson").splitlines()]
    assert (message["room"], message["text"]) == (room, "what I said")
    assert b"what Ada said" not in found.read("messages.ndjson")
    assert json.loads(found.read("rooms.json"))["user"] == "miaexport"


@pytest.mark.slow
async def test_an_erased_user_is_gone_from_every_answer_and_from_the_bucket(
    stack: LocalStack, sign_in: SignIn, room: str
) -> None:
    eve, ada = await sign_in("Eveerased"), await sign_in("Ada")
    await ada.call("create", title="Lunch", room=room)
    for user in (ada, eve):
        await user.enter(room)
    await eve.call("send", room=room, text="a secret word")
    await ada.call("send", room=room, text="an answer")
    await eve.call("react", room=room, seq=2, emoji="👍")
    image = await send_photo(stack, eve, room)
    await find(ada, room, "secret", 1)
    refused = await asyncio.to_thread(post, f"{stack.api_url}/api/account/erasure", {"user": "ada"}, eve.token)
    assert (refused.status, refused.body["code"]) == (400, "invalid_field")
    asked = await asyncio.to_thread(post, f"{stack.api_url}/api/account/erasure", {"user": "eveerased"}, eve.token)
    assert asked.status == 202, asked
    told = await ada.event("author_erased")
    assert (told["room"], told["user"]) == (room, "eveerased")
    assert (await eve.call("join", room=room))["code"] == "account_erasing"
    job = await until_done(stack, eve, "erasure", SETTLED_S)
    assert job["done"]["messages"] == 2
    history = (await ada.call("history", room=room))["result"]["messages"]
    assert [(message["kind"], message["from"] and message["from"]["id"]) for message in history] == [
        ("deleted", None),
        ("text", "ada"),
        ("deleted", None),
    ]
    assert history[1]["reactions"] == []
    for reply in (
        await ada.call("rooms"),
        await ada.call("members", room=room),
        await ada.call("search", room=room, query="secret"),
        await ada.call("subscribe", room=room, after=0, after_rev=0),
    ):
        text = json.dumps(reply)
        assert "eveerased" not in text
        assert "secret" not in text.replace('"query": "secret"', "")
    await until_gone(image)
    assert request(f"{stack.api_url}/api/account/export", token=eve.token).status == 404
