"""From a file to a thumbnail in the room, through the bucket, the state machine and the page's own origin."""

import asyncio
import io
import urllib.request
import uuid
from typing import Any

import pytest
from PIL import Image

from local.stack import LocalStack
from tests.integration.users import WAIT_S, SignIn, User, post


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1200, 800), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def permit(stack: LocalStack, user: User, room: str, body: bytes) -> dict[str, Any]:
    wanted = {"room": room, "name": "photo.jpg", "content_type": "image/jpeg", "size_bytes": len(body)}
    answer = post(f"{stack.api_url}/api/media", wanted, user.token)
    assert answer.status == 201, answer
    form: dict[str, Any] = answer.body
    return form


def upload(form: dict[str, Any], body: bytes) -> int:
    """Posts a form as a browser does: the fields first, the file last."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form["fields"].items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
    parts.append(head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + body + f"\r\n--{boundary}--\r\n".encode())
    request = urllib.request.Request(  # noqa: S310 - http of ours
        form["url"],
        data=b"".join(parts),
        headers={"content-type": f"multipart/form-data; boundary={boundary}"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
        return int(answer.status)


def fetch(url: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(url, timeout=WAIT_S) as answer:  # noqa: S310 - http of ours
        return answer.read(), answer.headers["content-type"]


async def test_an_uploaded_photo_becomes_a_message_with_a_thumbnail(
    stack: LocalStack, sign_in: SignIn, room: str
) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Photos", room=room)
    await grace.enter(room)
    body = photo()
    permission = await asyncio.to_thread(permit, stack, ada, room, body)
    assert await asyncio.to_thread(upload, permission["upload"], body) in {200, 201, 204}
    message = (await grace.event("message"))["message"]
    assert (message["kind"], message["seq"], message["from"]["id"]) == ("image", 1, "ada")
    media = message["media"]
    assert (media["id"], media["name"]) == (permission["media"], "photo.jpg")
    assert (media["original"]["width"], media["original"]["height"]) == (1200, 800)
    thumbnail, content_type = await asyncio.to_thread(fetch, stack.page_url + media["thumbnail"]["url"])
    assert content_type == "image/webp"
    assert Image.open(io.BytesIO(thumbnail)).size == (media["thumbnail"]["width"], media["thumbnail"]["height"])
    original, content_type = await asyncio.to_thread(fetch, stack.page_url + media["original"]["url"])
    assert (original, content_type) == (body, "image/jpeg")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not an image at all", "This is not a JPEG, PNG, WebP or GIF image."),
        (photo()[:3000], "The image is damaged."),
    ],
    ids=["text", "truncated"],
)
async def test_bytes_that_are_no_image_are_rejected_to_their_uploader(
    stack: LocalStack, sign_in: SignIn, room: str, body: bytes, reason: str
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Photos", room=room)
    await ada.enter(room)
    permission = await asyncio.to_thread(permit, stack, ada, room, body)
    await asyncio.to_thread(upload, permission["upload"], body)
    rejected = await ada.event("media_rejected")
    assert (rejected["type"], rejected["media"], rejected["room"]) == ("media_rejected", permission["media"], room)
    assert rejected["reason"] == reason
    assert (await ada.call("history", room=room))["result"]["messages"] == []


async def test_only_members_upload_into_a_room(stack: LocalStack, sign_in: SignIn, room: str) -> None:
    ada, eve = await sign_in("Ada"), await sign_in("Eve")
    await ada.call("create", title="Secret", room=room, kind="private")
    wanted = {"room": room, "name": "photo.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
    answer = await asyncio.to_thread(post, f"{stack.api_url}/api/media", wanted, eve.token)
    assert (answer.status, answer.body["code"]) == (403, "not_a_member")
