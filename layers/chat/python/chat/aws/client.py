"""Signed HTTP to AWS over libcurl: kept connections, many requests at once, no SDK.

libcurl signs (SigV4) and drives the requests from plain synchronous code: a tenth of the CPU of botocore a call, and no
import to pay for at a cold start. A call that was throttled, failed on the other side or got no answer is tried again
(`chat.aws.retries`) as long as there is time for it. Whatever is sent through here must be safe to repeat.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chat.aws.calls import Along, Call, Request, Response
from chat.aws.certificates import CERTIFICATES
from chat.aws.credentials import CredentialKeeper, Credentials, Source
from chat.aws.retries import RetryBudget, pause_s
from chat.aws.schedule import Schedule
from chat.aws.time_left import TimeLeft
from chat.aws.transfers import Transfers

ATTEMPTS = 4
"""Tries of a call whose answers are transient."""

PATIENCE_MS = 10_000
"""What calls may take together, retries included, unless somebody says otherwise."""

_WAIT_S = 1.0
"""The longest wait for something to happen to the requests under way, which have time limits of their own."""


@dataclass
class AwsClient:
    """Calls AWS with one function instance's credentials. Not for use by several threads."""

    region: str
    credentials: Credentials
    endpoint_url: str | None = None
    """Answers for every service instead of AWS: an emulator's. None on AWS."""
    renew: Source | None = None
    """Where new credentials are asked for; None where those given are all there will be."""
    certificates: str | None = CERTIFICATES
    time_left: TimeLeft = field(default_factory=TimeLeft)
    """No call outlives the invocation."""

    def __post_init__(self) -> None:
        self._keeper = CredentialKeeper(self.credentials, self.renew)
        self._transfers = Transfers(self.region, self.certificates)
        self._budgets: defaultdict[str, RetryBudget] = defaultdict(RetryBudget)
        self._along: list[Along] = []

    def url(self, service: str, path: str = "/") -> str:
        """Where a regional service answers."""
        return (self.endpoint_url or f"https://{service}.{self.region}.amazonaws.com").rstrip("/") + path

    def call(self, request: Request) -> Response:
        """One request, tried up to `ATTEMPTS` times while the answer is transient."""
        return self.call_all([request])[0]

    def call_all(
        self, requests: Sequence[Request], *, attempts: int = ATTEMPTS, within_ms: int = PATIENCE_MS
    ) -> list[Response]:
        """All requests, many at once; the answers in their order, after `within_ms` at the latest."""
        calls = [Call(at, request, request.url) for at, request in enumerate(requests)]
        return self._carry_out(calls, attempts, within_ms)

    def call_each(
        self, request: Request, urls: Iterable[str], *, attempts: int = ATTEMPTS, within_ms: int = PATIENCE_MS
    ) -> list[Response]:
        """One request to each of several places instead of its own. As `call_all`, for less work each."""
        calls = [Call(at, request, url) for at, url in enumerate(urls)]
        return self._carry_out(calls, attempts, within_ms)

    def send_along(self, request: Request) -> Along:
        """Has a request made at the same time as the next calls, which end when it has, too.

        It is tried once: its time limit is what it may cost them.
        """
        along = Along(request)
        self._along.append(along)
        return along

    def take_back(self, along: Along) -> None:
        """The request need not be made any more, if it was not."""
        if along in self._along:
            self._along.remove(along)

    def _carry_out(self, asked: list[Call], attempts: int, within_ms: int) -> list[Response]:
        left_ms = self.time_left.ms()
        ends_in_ms = within_ms if left_ms is None else min(within_ms, left_ms)
        calls = [*self._taken_along(len(asked)), *asked]
        schedule = Schedule(calls, time.monotonic() + ends_in_ms / 1000)
        answers: dict[int, Response] = {}
        try:
            self._start(schedule, answers)
            while len(answers) < len(calls):
                wait_s = schedule.next_in_s(time.monotonic(), at_most_s=_WAIT_S)
                for call, answer in self._transfers.finished(wait_s):
                    if not self._again(schedule, call, answer, attempts):
                        answers[call.at] = answer
                self._start(schedule, answers)
        finally:
            self._transfers.abandon()
        for call in calls:
            if call.along is not None:
                call.along.answer = answers[call.at]
        return [answers[call.at] for call in asked]

    def _taken_along(self, at: int) -> list[Call]:
        along, self._along = self._along, []
        return [Call(at + number, each.request, each.request.url, along=each) for number, each in enumerate(along)]

    def _start(self, schedule: Schedule, answers: dict[int, Response]) -> None:
        """Sends on their way as many of the calls that are due as there is room for."""
        now_s = time.monotonic()
        left_ms = int((schedule.ends_at_s - now_s) * 1000)
        while (call := schedule.first(now_s)) is not None:
            if left_ms <= 0:
                answers[call.at] = Response(0, error="no time left")
            elif self._transfers.room_for(call):
                self._transfers.start(call, self._keeper.current(), min(call.request.timeout_ms, left_ms))
            else:
                return
            schedule.take()

    def _again(self, schedule: Schedule, call: Call, answer: Response, attempts: int) -> bool:
        """Whether the call is to be tried once more after this answer."""
        budget = self._budgets[call.request.service]
        if answer.ok:
            budget.give(retried=call.retries > 0)
            return False
        now_s = time.monotonic()
        if self._mended(call, answer):
            return schedule.put_off(call, now_s)
        tries = attempts if call.along is None else 1
        if answer.expired or not answer.transient or call.retries + 1 >= tries:
            return False
        again_s = now_s + pause_s(call.retries + 1)
        return again_s < schedule.ends_at_s and budget.take() and schedule.put_off(call, again_s)

    def _mended(self, call: Call, answer: Response) -> bool:
        """Whether what made the call fail is no more: it is then repeated at once, as if it had not been made."""
        if call.stale and not call.resent:
            call.resent = True
            return True
        if answer.expired and not call.renewed and call.credentials is not None:
            call.renewed = True
            return self._keeper.replaced(call.credentials)
        return False
