"""A video, a sound and a document through the bucket, the state machine and the page's own origin."""

import asyncio
import io
import urllib.request
from typing import Any

import av
import pytest
from PIL import Image

from local.stack import LocalStack
from tests.integration.test_media import upload
from tests.integration.users import WAIT_S, SignIn, User, post
from tests.unit.recorded_files import document, metadata_of, sound, video

SENT = {
    "video": ("film.mov", "video/quicktime", video("mov", seconds=1.0)),
    "audio": ("song.mp3", "audio/mpeg", sound("mp3", seconds=1.0)),
    "document": ("menu.pdf", "application/pdf", document(2)),
}


def send(stack: LocalStack, user: User, room: str, kind: str) -> None:
    """Permission and transfer of the file of that kind."""
    name, content_type, body = SENT[kind]
    wanted = {"room": room, "name": name, "content_type": content_type, "size_bytes": len(body)}
    answer = post(f"{stack.api_url}/api/media", wanted, user.token)
    assert answer.status == 201, answer
    assert upload(answer.body["upload"], body) in {200, 201, 204}


def fetch(url: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(url, timeout=WAIT_S) as answer:  # noqa: S310 - http of ours
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


@pytest.fixture
async def announced(stack: LocalStack, sign_in: SignIn, room: str) -> dict[str, dict[str, Any]]:
    """What a member is told of all three, which are sent at once."""
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Cinema", room=room)
    await grace.enter(room)
    await asyncio.gather(*(asyncio.to_thread(send, stack, ada, room, kind) for kind in SENT))
    messages = [(await grace.event("message"))["message"] for _ in SENT]
    return {message["kind"]: message["media"] for message in messages}


async def test_a_video_a_sound_and_a_document_become_messages_that_play(
    stack: LocalStack, announced: dict[str, dict[str, Any]]
) -> None:
    assert announced.keys() == SENT.keys()
    for kind, media in announced.items():
        assert (media["kind"], media["name"]) == (kind, SENT[kind][0])
        picture, _ = await asyncio.to_thread(fetch, stack.page_url + media["thumbnail"]["url"])
        shown = media["thumbnail"]
        assert Image.open(io.BytesIO(picture)).size == (shown["width"], shown["height"])
    mp4, playlist = announced["video"]["files"]
    assert (mp4["width"], mp4["height"], playlist["content_type"]) == (320, 180, "application/vnd.apple.mpegurl")
    film, headers = await asyncio.to_thread(fetch, stack.page_url + mp4["url"])
    assert (len(film), headers["content-type"], metadata_of(film)) == (mp4["size_bytes"], "video/mp4", {})
    listed, _ = await asyncio.to_thread(fetch, stack.page_url + playlist["url"])
    assert b"hls_180.m3u8" in listed
    (song,) = announced["audio"]["files"]
    body, _ = await asyncio.to_thread(fetch, stack.page_url + song["url"])
    with av.open(io.BytesIO(body), "r") as container:
        assert [stream.codec_context.name for stream in container.streams] == ["aac"]
    assert announced["audio"]["duration_ms"] == pytest.approx(1000, abs=60)
    (pdf,) = announced["document"]["files"]
    body, headers = await asyncio.to_thread(fetch, stack.page_url + pdf["url"])
    assert (body, announced["document"]["pages"]) == (SENT["document"][2], 2)
    assert (headers["content-type"], headers["content-disposition"]) == ("application/pdf", "attachment")
