"""Hooks: the operator's own Lambda function, or an HTTP service that is sent signed requests.

Both get the same JSON object, which is of texts here and of images in `functions/media/scan.py`, and answer with one:

    {"version":1,"room":"lunch","user":"ada","name":"Ada","text":"Hello","command_id":"7f1c","sent_at_ms":1790000000000}
    {"verdict":"allow"}
    {"verdict":"refuse","reason":"No advertisements."}

Whatever else comes, or does not come before the deadline, is no verdict. The deadline is libcurl's: it holds for name
resolution, connection, TLS and answer together. A request to an HTTP hook carries `X-Chat-Signature: t=T,v1=H`, where T
is the time in seconds since 1970 and H the hexadecimal HMAC-SHA-256, under the stage's secret, of T, a full stop and
the body. A hook refuses a T that is more than five minutes off, and compares in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from io import BytesIO
from typing import Literal
from urllib.parse import quote

import msgspec
import pycurl

from chat.aws.calls import Request
from chat.aws.certificates import CERTIFICATES
from chat.aws.client import AwsClient
from chat.errors import UnavailableError
from chat.ports import Clock, Posting, Verdict

VERSION = 1
MAX_ANSWER_BYTES = 16 * 1024
MAX_REASON_CHARS = 200

logger = logging.getLogger(__name__)


class _Answer(msgspec.Struct):
    verdict: Literal["allow", "refuse"]
    reason: str = ""


@dataclass(frozen=True)
class LambdaHook:
    """A Lambda function, invoked synchronously and once."""

    client: AwsClient
    arn: str
    deadline_ms: int

    def judge(self, posting: Posting) -> Verdict | None:
        """See `chat.ports.ModerationHook`."""
        return self.ask(encode(posting))

    def ask(self, question: bytes) -> Verdict | None:
        """The verdict, None where none came within the deadline. What the function raised is no verdict."""
        path = f"/2015-03-31/functions/{quote(self.arn, safe='')}/invocations"
        request = Request("lambda", self.client.url("lambda", path), question, timeout_ms=self.deadline_ms)
        (answer,) = self.client.call_all([request], attempts=1)
        if not answer.ok:
            _log(answer.error or f"status {answer.status}")
            return None
        return verdict_of(answer.body)


@dataclass
class HttpHook:
    """An HTTP service. Redirects are not followed; the connection is kept between messages."""

    url: str
    deadline_ms: int
    secret: Callable[[], str]
    """The key that requests are signed with. Asked each time: whoever gives it remembers it."""
    clock: Clock
    _handle: pycurl.Curl = field(default_factory=pycurl.Curl, init=False, repr=False)

    def judge(self, posting: Posting) -> Verdict | None:
        """See `chat.ports.ModerationHook`."""
        return self.ask(encode(posting))

    def ask(self, question: bytes) -> Verdict | None:
        """The verdict, None where none came within the deadline. Any status but 200 is no verdict."""
        try:
            signed = signature(self.secret(), question, self.clock.now_ms() // 1000)
            status, answer = self._post(question, signed)
        except (pycurl.error, UnavailableError) as failed:
            _log(str(failed))
            return None
        if status != 200:  # noqa: PLR2004 - HTTP's own
            _log(f"status {status}")
            return None
        return verdict_of(answer)

    def _post(self, body: bytes, signed: str) -> tuple[int, bytes]:
        answer = BytesIO()

        def take(part: bytes) -> int:
            # Fewer bytes than were given end the transfer.
            return answer.write(part) if answer.tell() + len(part) <= MAX_ANSWER_BYTES else 0

        handle = self._handle
        handle.reset()
        handle.setopt(pycurl.URL, self.url)
        handle.setopt(pycurl.POSTFIELDS, body)
        handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", f"X-Chat-Signature: {signed}", "Expect:"])
        handle.setopt(pycurl.TIMEOUT_MS, self.deadline_ms)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.WRITEFUNCTION, take)
        if CERTIFICATES:
            handle.setopt(pycurl.CAINFO, CERTIFICATES)
        handle.perform()
        return handle.getinfo(pycurl.RESPONSE_CODE), answer.getvalue()


def hook_at(
    target: str, deadline_ms: int, *, client: AwsClient, secret: Callable[[], str], clock: Clock
) -> LambdaHook | HttpHook:
    """The hook behind a Lambda function's ARN, or behind a URL."""
    if target.startswith("arn:"):
        return LambdaHook(client, target, deadline_ms)
    return HttpHook(target, deadline_ms, secret, clock)


def encode(posting: Posting) -> bytes:
    """What a hook is asked."""
    return msgspec.json.encode({"version": VERSION, **asdict(posting)})


def signature(secret: str, body: bytes, at_s: int) -> str:
    """The header that proves to an HTTP hook who asks, and when."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def verdict_of(body: bytes) -> Verdict | None:
    """The verdict in a hook's answer, None where there is none. A reason is cut to one line of 200 characters."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        _log("an answer that is not one")
        return None
    printable = "".join(char if char.isprintable() else " " for char in answer.reason)
    return Verdict(answer.verdict == "allow", " ".join(printable.split())[:MAX_REASON_CHARS])


def _log(why: str) -> None:
    logger.warning("hook gave no verdict", extra={"why": why})
