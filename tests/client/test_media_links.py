"""Addresses of images that load: asked for once a room, renewed before they end, refused to who is not in the room."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from agent_chat import NotAMemberError
from agent_chat.addresses import Addresses
from agent_chat.media_links import MediaLinks
from tests.client.faults import problem

PATH = "/media/lunch/Qm9y/480.webp"


@dataclass
class Stage:
    """A stage that signs for members of one room, and takes the tokens that it is told to."""

    url: str = ""
    good: set[str] = field(default_factory=lambda: {"new", "old"})
    lasts_s: float = 300
    asked: list[str] = field(default_factory=list)

    async def access(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers["Authorization"])
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.good:
            return problem(401, "unauthorized")
        if request.match_info["room"] != "lunch":
            return problem(403, "not_a_member")
        expires_at_ms = int((time.time() + self.lasts_s) * 1000)
        return web.json_response({"query": f"Policy={len(self.asked)}", "expires_at_ms": expires_at_ms, "path": "/"})


class Tokens:
    """A token, and another one once that was refused."""

    async def token(self, *, renew: bool) -> str:
        return "new" if renew else "old"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    app = web.Application()
    app.router.add_get("/api/rooms/{room}/media-access", stage.access)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    stage.url = f"http://{host}:{port}"
    yield stage
    await runner.cleanup()


def links(stage: Stage) -> MediaLinks:
    return MediaLinks(Addresses(stage.url), Tokens())


async def test_all_images_of_a_room_take_one_request(stage: Stage) -> None:
    of = links(stage)
    assert await of.link(PATH) == f"{stage.url}{PATH}?Policy=1"
    assert await of.link("/media/lunch/other/960.avif") == f"{stage.url}/media/lunch/other/960.avif?Policy=1"
    assert len(stage.asked) == 1


async def test_an_address_that_ends_within_a_minute_is_not_given_out(stage: Stage) -> None:
    stage.lasts_s = 59
    of = links(stage)
    await of.link(PATH)
    assert (await of.link(PATH)).endswith("Policy=2")


async def test_a_token_that_is_not_good_any_more_is_renewed(stage: Stage) -> None:
    stage.good = {"new"}
    await links(stage).link(PATH)
    assert stage.asked == ["Bearer old", "Bearer new"]


async def test_who_is_not_in_the_room_is_given_no_address(stage: Stage) -> None:
    with pytest.raises(NotAMemberError):
        await links(stage).link("/media/tea/Qm9y/480.webp")


@pytest.mark.parametrize("path", ["", "/media/lunch", "https://other.example.com/media/lunch/x", "/api/config"])
async def test_what_is_no_path_of_media_is_refused_before_anything_is_asked(stage: Stage, path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        await links(stage).link(path)
    assert stage.asked == []
