"""What becomes of a file from Python: waited for as long as the stage works on it, and asked for where nobody tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from agent_chat import frames, upload_outcome
from agent_chat.errors import ConnectionLostError, MediaRejectedError, OutcomeUnknownError, UnreachableError
from agent_chat.upload_api import UploadApi, UploadStatus
from agent_chat.upload_outcome import UploadOutcome
from tests.client.stage import until


@dataclass
class Stage:
    """Says of an upload what it is told to, the last of it again and again."""

    states: list[UploadStatus | Exception] = field(default_factory=list)
    asked: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def status(self, media: str) -> UploadStatus:
        assert media == "m1"
        self.asked += 1
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, Exception):
            raise state
        return state

    def outcome(self, messages: AsyncIterator[Any], rejections: AsyncIterator[Any] | None = None) -> UploadOutcome:
        return UploadOutcome(cast("UploadApi", self), "m1", messages, rejections or never())


def message(media: str) -> frames.Message:
    return cast("frames.Message", type("Message", (), {"media": type("Media", (), {"id": media})()})())


def rejection(media: str) -> frames.MediaRejected:
    return frames.MediaRejected(media=media, room="lunch", reason="It is no image.")


async def never() -> AsyncIterator[Any]:
    await asyncio.Event().wait()
    yield


async def told(*things: Any, after: asyncio.Event | None = None) -> AsyncIterator[Any]:
    if after is not None:
        await after.wait()
    for thing in things:
        yield thing
    await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many questions as in minutes, in a second."""
    monkeypatch.setattr(upload_outcome, "ASK_EVERY_S", 0.01)
    monkeypatch.setattr(upload_outcome, "SILENT_S", 0.05)


async def test_the_message_is_the_one_with_that_file() -> None:
    stage = Stage([UploadStatus("processing")])
    found = await stage.outcome(told(message("m2"), message("m1"))).message()
    assert found.media is not None
    assert found.media.id == "m1"


async def test_a_video_is_waited_for_while_the_stage_works_on_it() -> None:
    made = asyncio.Event()
    stage = Stage([UploadStatus("processing")])
    waiting = asyncio.ensure_future(stage.outcome(told(message("m1"), after=made)).message())
    await until(lambda: stage.asked >= 20)  # for far longer than silence is waited for
    made.set()
    assert (await waiting).media is not None


async def test_a_rejection_that_is_heard_is_raised_with_its_reason() -> None:
    stage = Stage([UploadStatus("processing")])
    with pytest.raises(MediaRejectedError, match="no image"):
        await stage.outcome(never(), told(rejection("m2"), rejection("m1"))).message()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (UploadStatus("rejected", "It is damaged."), "It is damaged."),
        (UploadStatus("cancelled"), "The upload was cancelled."),
    ],
)
async def test_what_nobody_tells_is_asked_for(status: UploadStatus, reason: str) -> None:
    stage = Stage([UploadStatus("processing"), UnreachableError("no network"), status])
    with pytest.raises(MediaRejectedError, match=reason):
        await stage.outcome(never()).message()


@pytest.mark.parametrize("state", ["sending", "announced"])
async def test_silence_ends_where_the_stage_does_not_work_on_it(state: str) -> None:
    with pytest.raises(OutcomeUnknownError, match="upload m1"):
        await Stage([UploadStatus(state)]).outcome(never()).message()


async def test_a_stage_that_can_not_be_asked_is_waited_for_no_longer() -> None:
    with pytest.raises(OutcomeUnknownError):
        await Stage([UnreachableError("no network")]).outcome(never()).message()


async def test_even_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_outcome, "PROCESSING_S", 0.2)
    stage = Stage([UploadStatus("processing")])
    with pytest.raises(OutcomeUnknownError):
        await stage.outcome(never()).message()
    assert stage.asked > 1


async def test_a_client_that_is_closed_says_so() -> None:
    async def closed() -> AsyncIterator[Any]:
        return
        yield

    with pytest.raises(ConnectionLostError, match="closed"):
        await Stage([UploadStatus("processing")]).outcome(closed()).message()
