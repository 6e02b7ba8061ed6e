"""Second step of the media state machine, where the stage has one: the operator's own look at an upload.

The hook is asked as a moderation hook is (`chat.aws.hooks`), and answers in the same words. It gets the upload by
`url`, which is good for five minutes:

    {"version":1,"media":"Qm9y","room":"lunch","user":"ada","name":"Ada","file_name":"cat.jpg","content_type":"image/jpeg",
     "width":4032,"height":3024,"frames":1,"size_bytes":2817344,"kind":"image","duration_ms":0,"pages":0,"url":"https://…"}
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import msgspec

from chat import log, media
from chat.aws import files, hooks, media_store, wiring
from chat.aws.models import UploadRecord
from chat.aws.parameters import read_secret
from chat.media import MediaError

LINK_S = 300

TOLD = ("content_type", "width", "height", "frames", "size_bytes", "kind", "duration_ms", "pages")
"""Of what the bytes are; see `chat.media_facts`."""

logger = logging.getLogger(__name__)


class NoVerdictError(Exception):
    """The hook said nothing in time, and nothing is taken without it; trying again may help."""


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "inspected"}` in; `{"upload", "verdict"}` out, None for none. Raises `MediaError`, `NoVerdictError`."""
    record = media_store.in_work(media.media_of(event["key"]))
    verdict = _hook().ask(_question(event, record))
    if verdict is None and wiring.settings().media_scan_failure != "open":
        raise NoVerdictError(f"no verdict on {record.media}")
    if verdict is None:
        logger.warning("upload taken without a verdict", extra={"media": record.media})
    elif not verdict.allowed:
        raise MediaError(verdict.reason or "This file is not taken here.")
    return {"upload": record.media, "verdict": verdict and "allow"}


def _question(event: dict[str, Any], record: UploadRecord) -> bytes:
    facts = event["inspected"]
    return msgspec.json.encode(
        {
            "version": hooks.VERSION,
            "media": record.media,
            "room": record.room,
            "user": record.user,
            "name": record.user_name,
            "file_name": record.file_name,
            **{name: facts[name] for name in TOLD},
            "url": files.files().link(event["key"], expires_in_s=LINK_S),
        }
    )


@cache
def _hook() -> hooks.LambdaHook | hooks.HttpHook:
    settings = wiring.settings()
    return hooks.hook_at(
        settings.need("media_scan"),
        int(settings.need("media_scan_deadline_ms")),
        client=wiring.client(),
        secret=lambda: read_secret(wiring.client(), settings.need("media_scan_secret_arn")),
        clock=wiring.clock(),
    )
