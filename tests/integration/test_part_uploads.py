"""A large image in parts, cut off and gone on with by another process, through the bucket to a message of its room."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from chat.upload_parts import PART_BYTES, PARTS_FROM_BYTES
from local.paths import ROOT
from local.stack import LocalStack
from tests.integration.test_maintenance import maintain
from tests.integration.users import WAIT_S, HttpAnswer, SignIn, User, request


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise, which no format makes smaller: two parts."""
    path = tmp_path_factory.mktemp("photos") / "noise.png"
    size = (1_750, 1_700)
    Image.frombytes("RGB", size, os.urandom(3 * size[0] * size[1])).save(path, compress_level=1)
    assert PARTS_FROM_BYTES < path.stat().st_size < 2 * PART_BYTES
    return path


def wanted(room: str, size_bytes: int) -> dict[str, Any]:
    return {"room": room, "name": "noise.png", "content_type": "image/png", "size_bytes": size_bytes, "parts": True}


def checksum(part: bytes) -> str:
    return base64.b64encode(hashlib.sha256(part).digest()).decode()


def cut(path: Path) -> list[bytes]:
    body = path.read_bytes()
    return [body[at : at + PART_BYTES] for at in range(0, len(body), PART_BYTES)]


def put(address: dict[str, Any], body: bytes) -> int:
    """The status of a part's PUT."""
    headers = {**address["headers"], "content-type": "application/octet-stream"}
    prepared = urllib.request.Request(address["url"], data=body, headers=headers, method="PUT")  # noqa: S310 - http of ours
    try:
        with urllib.request.urlopen(prepared, timeout=WAIT_S) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def put_half(address: dict[str, Any], body: bytes) -> None:
    """A PUT whose line is cut in the middle."""
    url = urlsplit(address["url"])
    head = [f"PUT {url.path}?{url.query} HTTP/1.1", f"host: {url.netloc}", f"content-length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in address["headers"].items()]
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=WAIT_S) as line:
        line.sendall("\r\n".join([*head, "", ""]).encode() + body[: len(body) // 2])


def ask(stack: LocalStack, user: User, method: str, below: str, body: Any = None) -> HttpAnswer:
    return request(f"{stack.api_url}/api/media{below}", method=method, body=body, token=user.token)


def address(stack: LocalStack, user: User, media: str, number: int, part: bytes) -> dict[str, Any]:
    asked = {"parts": [{"number": number, "sha256": checksum(part)}]}
    answer = ask(stack, user, "POST", f"/{media}/parts", asked)
    assert answer.status == 200, answer
    (found,) = answer.body["parts"]
    return dict(found)


def resume(stack: LocalStack, user: User, room: str, photo: Path, media: str) -> subprocess.CompletedProcess[str]:
    """Another process, which knows the file and what the upload is called."""
    command = [
        sys.executable,
        "-m",
        "agent_chat",
        stack.api_url,
        "upload",
        room,
        str(photo),
        "--resume",
        media,
        "--json",
    ]
    environment = {**os.environ, "AGENT_CHAT_TOKEN": user.token}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=4 * WAIT_S, check=False
    )


async def test_an_upload_that_was_cut_off_is_gone_on_with_by_another_process(
    stack: LocalStack, sign_in: SignIn, room: str, photo: Path
) -> None:
    ada, eve = await sign_in("Ada"), await sign_in("Eve")
    await ada.call("create", title="Photos", room=room)
    await ada.enter(room)
    parts = cut(photo)

    def begin() -> str:
        permit = ask(stack, ada, "POST", "", wanted(room, sum(map(len, parts))))
        assert (permit.status, permit.body["parts"]["count"]) == (201, 2)
        media = str(permit.body["media"])
        first = address(stack, ada, media, 1, parts[0])
        assert put(first, parts[0][:-1] + b"!") == 400
        assert put(first, parts[0][:-1]) == 403
        put_half(first, parts[0])
        assert put(address(stack, ada, media, 2, parts[1]), parts[1]) == 200
        return media

    media = await asyncio.to_thread(begin)
    seen = await asyncio.to_thread(ask, stack, ada, "GET", f"/{media}")
    assert seen.body["state"] == "sending"
    assert seen.body["parts"]["stored"] == [{"number": 2, "sha256": checksum(parts[1])}]
    promised = {"sha256": [checksum(part) for part in parts]}
    early = await asyncio.to_thread(ask, stack, ada, "POST", f"/{media}/complete", promised)
    assert (early.status, early.body["code"]) == (409, "parts_missing")
    others = await asyncio.to_thread(ask, stack, eve, "POST", f"/{media}/complete", promised)
    assert (others.status, others.body["code"]) == (404, "upload_not_found")

    resumed = await asyncio.to_thread(resume, stack, ada, room, photo, media)
    assert resumed.returncode == 0, resumed.stderr
    message = (await ada.event("message"))["message"]
    assert (message["media"]["id"], message["media"]["original"]["width"]) == (media, 1_750)
    again = await asyncio.to_thread(ask, stack, ada, "POST", f"/{media}/complete", promised)
    assert (again.status, again.body["state"]) == (200, "announced")
    refused = await asyncio.to_thread(ask, stack, ada, "DELETE", f"/{media}")
    assert (refused.status, refused.body["code"]) == (409, "upload_closed")
    found = await maintain(stack, "collect-media", "--dry-run", "--anew")
    assert "collect-media-dry-run: done" in found
    assert found.rstrip().endswith("nothing to mend")


async def test_an_upload_that_is_given_up_takes_no_more_parts(
    stack: LocalStack, sign_in: SignIn, room: str, photo: Path
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Photos", room=room)
    (part, _) = cut(photo)

    def begin_and_give_up() -> None:
        media = ask(stack, ada, "POST", "", wanted(room, photo.stat().st_size)).body["media"]
        first = address(stack, ada, media, 1, part)
        assert put(first, part) == 200
        for _ in range(2):
            assert ask(stack, ada, "DELETE", f"/{media}").body["state"] == "cancelled"
        assert put(first, part) == 404
        assert ask(stack, ada, "POST", f"/{media}/parts", {"parts": []}).status == 400

    await asyncio.to_thread(begin_and_give_up)


@pytest.mark.parametrize(("size_bytes", "status", "code"), [(10 * 2**30, 413, "too_large"), (0, 400, "invalid_field")])
async def test_what_is_too_large_or_nothing_at_all_is_not_begun(
    stack: LocalStack, sign_in: SignIn, room: str, size_bytes: int, status: int, code: str
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Photos", room=room)
    answer = await asyncio.to_thread(ask, stack, ada, "POST", "", wanted(room, size_bytes))
    assert (answer.status, answer.body["code"]) == (status, code)
