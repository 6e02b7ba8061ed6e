"""From a file to a thumbnail in the room, through the bucket, the state machine and the page's own origin."""

import asyncio
import base64
import hashlib
import io
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from local.stack import LocalStack
from tests.integration.users import WAIT_S, HttpAnswer, SignIn, User, post, request


def photo() -> bytes:
    """As a phone writes it: on its side, and with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6)})
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((1200, 800)).convert("RGB").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def permit(stack: LocalStack, user: User, room: str, body: bytes) -> dict[str, Any]:
    wanted = {
        "room": room,
        "name": "photo.jpg",
        "content_type": "image/jpeg",
        "size_bytes": len(body),
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }
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


def access(stack: LocalStack, user: User, room: str) -> HttpAnswer:
    """What the user may show the room's media with, or why they may not."""
    return request(f"{stack.page_url}/api/rooms/{room}/media-access", token=user.token)


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
    assert (media["original"]["width"], media["original"]["height"]) == (800, 1200)
    assert [each["height"] for each in media["variants"]] == [480] * 3 + [960] * 3 + [1200] * 3
    query = (await asyncio.to_thread(access, stack, grace, room)).body["query"]
    addresses = [f"{stack.page_url}{each['url']}?{query}" for each in media["variants"]]
    for each, address in zip(media["variants"], addresses, strict=True):
        body, content_type = await asyncio.to_thread(fetch, address)
        assert (len(body), content_type) == (each["size_bytes"], each["content_type"])
        image = Image.open(io.BytesIO(body))
        assert image.size == (each["width"], each["height"])
        assert not image.getexif()
    await ada.call("delete", room=room, seq=1)
    await asyncio.to_thread(wait_until_gone, addresses)


def wait_until_gone(urls: list[str]) -> None:
    """Returns once none of these is served any more."""
    deadline = time.monotonic() + WAIT_S
    while any(is_served(url) for url in urls):
        assert time.monotonic() < deadline, "still served"
        time.sleep(0.2)


def is_served(url: str) -> bool:
    try:
        fetch(url)
    except urllib.error.HTTPError:
        return False
    return True


async def test_media_is_shown_to_members_and_no_more_to_who_was_put_out(
    stack: LocalStack, sign_in: SignIn, room: str, aws: Callable[[str], Any]
) -> None:
    ada, grace, eve = await sign_in("Ada"), await sign_in("Grace"), await sign_in("Eve")
    await ada.call("create", title="Photos", room=room)
    await grace.enter(room)
    key = f"media/{room}/one/480.webp"
    aws("s3").put_object(Bucket=stack.outputs["MediaBucketName"], Key=key, Body=b"webp", ContentType="image/webp")
    assert access(stack, eve, room).body["code"] == "not_a_member"
    granted = access(stack, grace, room)
    assert granted.status == 200
    image = f"{stack.page_url}/{key}"
    assert not is_served(image)
    assert fetch(f"{image}?{granted.body['query']}") == (b"webp", "image/webp")
    await ada.call("remove", room=room, user="grace")
    assert access(stack, grace, room).body["code"] == "not_a_member"


async def test_other_bytes_than_were_promised_come_to_nothing(stack: LocalStack, sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Photos", room=room)
    await ada.enter(room)
    promised = photo()
    other = promised[:-1] + b"!"
    permission = await asyncio.to_thread(permit, stack, ada, room, promised)
    try:
        await asyncio.to_thread(upload, permission["upload"], other)
    except urllib.error.HTTPError as refused:
        assert refused.code == 400  # noqa: PT017 - S3 itself looks, an emulator may leave it to the pipeline
        return
    rejected = await ada.event("media_rejected")
    assert rejected["reason"] == "The file was damaged on its way; send it again."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not an image at all", "This is not a JPEG, PNG, WebP, GIF or AVIF image."),
        (photo()[:3000], "The image is damaged."),
        (photo() + b"<script>alert(1)</script>", "The image has something else in it than an image."),
    ],
    ids=["text", "truncated", "polyglot"],
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
