"""A large file from Python: parts that get through once stay, whatever happens to the others or to the process."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from agent_chat import upload_parts
from agent_chat.errors import MediaRejectedError, RefusedError, TooManyRequestsError, UnavailableError
from agent_chat.http import Api
from agent_chat.upload_api import UploadApi
from agent_chat.upload_parts import MAX_TRIES, PARALLEL_PARTS, checksum_of
from agent_chat.uploads import Uploading

PART_BYTES = 100_000
FILE = random.Random(1).randbytes(5 * PART_BYTES + 7)  # noqa: S311 - of no secret
COUNT = 6


@dataclass
class Tokens:
    """Tokens of which the first is not good any more."""

    async def token(self, *, renew: bool) -> str:
        return "new" if renew else "old"


@dataclass
class Store:
    """A stage that takes one file in parts. `status` says what a call is answered with instead, by its name."""

    statuses: dict[str, list[int]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    parts: dict[int, bytes] = field(default_factory=dict)
    state: str = "sending"
    under_way: int = 0
    most_under_way: int = 0
    url: str = ""

    async def permit(self, request: web.Request) -> web.Response:
        self._note("permit", request)
        assert (await request.json())["parts"] is True
        cut = {"size_bytes": PART_BYTES, "count": COUNT, "expires_at_ms": 1}
        return web.json_response({"media": "m1", "parts": cut}, status=201)

    async def status(self, request: web.Request) -> web.Response:
        self._note("status", request)
        return self._told(request)

    async def addresses(self, request: web.Request) -> web.Response:
        (part,) = (await request.json())["parts"]
        self._note("address", request)
        address = {
            "number": part["number"],
            "url": f"{self.url}/bucket/{part['number']}",
            "headers": {"x-sum": part["sha256"]},
        }
        return web.json_response({"parts": [address], "expires_at_ms": 1})

    async def put(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        body = await request.read()
        await asyncio.sleep(0.05)
        self.under_way -= 1
        self._note(f"put {number}", None)
        if checksum_of(body) != request.headers["x-sum"]:
            return web.Response(status=400)
        self.parts[number] = body
        return web.Response()

    async def complete(self, request: web.Request) -> web.Response:
        self._note("complete", request)
        promised = (await request.json())["sha256"]
        assert promised == [checksum_of(self.parts[number]) for number in range(1, COUNT + 1)]
        self.state = "processing"
        return self._told(request)

    def _told(self, request: web.Request) -> web.Response:
        if request.match_info["media"] != "m1":
            raise _refusal(404, "upload_not_found")
        stored = [{"number": number, "sha256": checksum_of(part)} for number, part in self.parts.items()]
        cut = {"size_bytes": PART_BYTES, "count": COUNT, "expires_at_ms": 1, "stored": stored}
        return web.json_response({"state": self.state, "reason": "It is damaged.", "parts": cut})

    def _note(self, call: str, request: web.Request | None) -> None:
        if request is not None and request.headers["authorization"] != "Bearer new":
            raise _refusal(401, "unauthorized")
        self.calls[call] += 1
        if self.statuses.get(call):
            status = self.statuses[call].pop(0)
            raise _refusal(status, CODES.get(status, ""))


CODES = {429: "too_many_requests", 503: "unavailable"}


def _refusal(status: int, code: str) -> web.HTTPException:
    """An answer of the stage's, or where there is no code one of the store's."""
    kind = type("Refusal", (web.HTTPException,), {"status_code": status})
    body = f'{{"code": "{code}", "message": "No.", "temporary": {str(status >= 429).lower()}, "retry_after_ms": %s}}'
    text = body % (3_600_000 if status == 429 else "null") if code else "<Error/>"
    refusal: web.HTTPException = kind(text=text, content_type="application/json")
    return refusal


@asynccontextmanager
async def serving(store: Store) -> AsyncIterator[UploadApi]:
    app = web.Application()
    app.router.add_post("/api/media", store.permit)
    app.router.add_get("/api/media/{media}", store.status)
    app.router.add_post("/api/media/{media}/parts", store.addresses)
    app.router.add_post("/api/media/{media}/complete", store.complete)
    app.router.add_put("/bucket/{number}", store.put)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    store.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield UploadApi(Api(store.url), Tokens())
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_parts, "FIRST_PAUSE_MS", 0)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(FILE)
    return path


async def send(store: Store, photo: Path, begun: str | None = None, **options: Any) -> str:
    async with serving(store) as api:
        return await Uploading(api, "lunch", photo, "image/png", **options).send(begun)


def whole(store: Store) -> bytes:
    return b"".join(part for _, part in sorted(store.parts.items()))


async def test_a_large_file_goes_in_parts_a_few_at_once_with_a_renewed_token(photo: Path) -> None:
    store, steps, known_by = Store(), list[tuple[int, int]](), list[str]()
    assert await send(store, photo, progress=lambda *step: steps.append(step), permitted=known_by.append) == "m1"
    assert whole(store) == FILE
    assert (known_by, store.state) == (["m1"], "processing")
    assert 1 < store.most_under_way <= PARALLEL_PARTS
    assert steps[-1] == (len(FILE), len(FILE))
    assert [sent for sent, _ in steps] == sorted(sent for sent, _ in steps)


@pytest.mark.parametrize("status", [400, 403, 500, 503])
async def test_a_part_that_does_not_get_through_is_sent_again_at_an_address_of_its_own(
    photo: Path, status: int
) -> None:
    store = Store(statuses={"put 2": [status, status], "complete": [503]})
    await send(store, photo)
    assert whole(store) == FILE
    assert (store.calls["put 1"], store.calls["put 2"], store.calls["address"]) == (1, 3, COUNT + 2)
    assert store.calls["complete"] == 2


async def test_another_process_sends_what_is_missing_and_nothing_else(photo: Path) -> None:
    store = Store(statuses={"put 4": [404]})
    with pytest.raises(RefusedError):
        await send(store, photo)
    missing = {number for number in range(1, COUNT + 1) if number not in store.parts}
    assert 4 in missing
    assert store.state == "sending"
    store.calls.clear()
    assert await send(store, photo, "m1") == "m1"
    assert {int(call.split()[1]) for call in store.calls if call.startswith("put")} == missing
    assert store.calls["permit"] == 0
    assert (whole(store), store.state) == (FILE, "processing")


async def test_a_part_of_another_file_is_sent_again(photo: Path) -> None:
    store = Store(parts={1: b"of another file"})
    await send(store, photo, "m1")
    assert whole(store) == FILE


async def test_an_upload_that_has_arrived_is_not_sent_again_and_a_rejected_one_says_why(photo: Path) -> None:
    assert await send(Store(state="announced"), photo, "m1") == "m1"
    with pytest.raises(MediaRejectedError, match="It is damaged"):
        await send(Store(state="rejected"), photo, "m1")


async def test_an_upload_that_was_forgotten_begins_anew(photo: Path) -> None:
    store = Store()
    assert await send(store, photo, "long-ago") == "m1"
    assert whole(store) == FILE


async def test_a_line_that_stays_down_ends_after_so_many_tries(photo: Path) -> None:
    store = Store(statuses={"put 3": [503] * 99})
    with pytest.raises(UnavailableError):
        await send(store, photo)
    assert store.calls["put 3"] == MAX_TRIES
    assert store.calls["complete"] == 0


async def test_who_has_uploaded_enough_for_today_is_told_so_at_once(photo: Path) -> None:
    store = Store(statuses={"permit": [429]})
    with pytest.raises(TooManyRequestsError):
        await send(store, photo)
    assert store.calls["permit"] == 1


async def test_a_file_that_is_cut_short_meanwhile_is_said_to_be(photo: Path) -> None:
    def cut_short(_: str) -> None:
        with photo.open("r+b") as file:
            file.truncate(PART_BYTES)

    store = Store()
    with pytest.raises(ValueError, match="shorter"):
        await send(store, photo, permitted=cut_short)
    assert store.calls["complete"] == 0
