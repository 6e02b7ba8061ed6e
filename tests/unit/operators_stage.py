"""A stage in memory as operators see it: their functions, and dependencies that a test sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat import dead_letters, graphs, http, infrastructure, oversight
from chat.alerts import Alarm, Turn, Watch
from chat.aws import cache as cache_wiring
from chat.aws import console as console_wiring
from chat.aws import control_room, letter_desk, oversight_desk, secrets, wiring
from chat.aws import flags as flags_wiring
from chat.aws import health as health_checks
from chat.aws.health import Checks
from chat.aws.probes import Check
from chat.errors import UnavailableError
from chat.flag_settings import Desk as FlagDesk
from chat.measures import Measures, Sample
from chat.operators import Door, Operators
from chat.planning import Thresholds
from chat.scaling import ControlRoom
from chat.storage.answers import AnswerBook
from chat.storage.audit import AuditTrail
from chat.storage.scaling import ScalingBook
from chat.tokens import BuiltInIssuer
from chat.upkeep import Desk
from functions.ops import cache, console, flags, health, scaling
from functions.ops import dead_letters as dead_letters_function
from functions.ops import oversight as oversight_function
from simulation.world import MemoryQueue, World
from tests.unit.test_handlers import CONTEXT, body, recorded

ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")


@dataclass
class RecordedFunctions:
    """Lambda's settings, as far as a test looks at them."""

    names: frozenset[str] = frozenset({"message.deliver", "message.command"})
    polled: frozenset[str] = frozenset({"message.deliver"})
    applied: list[Mapping[str, Mapping[str, int]]] = field(default_factory=list)
    down: bool = False
    meanwhile: Callable[[], object] | None = None
    """What happens while Lambda is asked."""

    def apply(self, before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]) -> None:
        del before
        if self.down:
            raise UnavailableError("Lambda is down.")
        self.applied.append(after)
        if self.meanwhile:
            self.meanwhile()


@dataclass
class FixedAlarms:
    """Alarms that a test sets."""

    found: list[Alarm] = field(default_factory=list)

    def all(self) -> list[Alarm]:
        return self.found

    def history(self) -> list[Turn]:
        return [Turn(name="chat-test-old", at_ms=1, summary="Alarm updated from OK to ALARM")]


class FixedSurvey:
    """Two parts, one of which fails."""

    def parts(self) -> dict[str, Any]:
        def fails() -> infrastructure.Items:
            raise OSError("no way")

        return {"tables": lambda: [{"name": "Rooms", "status": "ACTIVE"}], "queues": fails}


@dataclass
class FixedLetters:
    """One queue, whose letters a test sets; those that are sent again or given up are in `treated`."""

    letters: list[dead_letters.LetterView] = field(default_factory=list)
    treated: list[tuple[str, str, str]] = field(default_factory=list)

    def queues(self) -> list[dead_letters.QueueView]:
        waiting = len(self.letters)
        return [
            dead_letters.QueueView(name="index", waiting=waiting, hidden=0, oldest_s=None, redrive="queue"),
        ]

    def show(self, queue: str, contains: str, limit: int) -> dead_letters.Treated:
        meant = self._meant(queue, contains, limit)
        return dead_letters.Treated(
            dry_run=True, looked_at=len(self.letters), chosen=len(meant), done=0, failed=[], letters=meant
        )

    def treat(
        self, queue: str, action: dead_letters.Action, wanted: dead_letters.Treat, operator: str
    ) -> dead_letters.Treated:
        looked_at, meant = len(self.letters), self._meant(queue, wanted.contains, wanted.limit)
        self.treated += [(each.id, action, operator) for each in meant]
        self.letters = [each for each in self.letters if each not in meant]
        return dead_letters.Treated(
            dry_run=False, looked_at=looked_at, chosen=len(meant), done=len(meant), failed=[], letters=[]
        )

    def _meant(self, queue: str, contains: str, limit: int) -> list[dead_letters.LetterView]:
        if queue != "index":
            raise dead_letters.QueueNotFoundError("There is no such queue.")
        return [each for each in self.letters if contains in each.outline][:limit]


class FixedDashboards:
    """One, of one panel."""

    def names(self) -> graphs.Dashboards:
        return graphs.Dashboards(names=["service"])

    def read(self, name: str, hours: int) -> graphs.Dashboard:
        if name != "service":
            raise graphs.DashboardNotFoundError("There is no such dashboard.")
        line = graphs.Line(label="commands", at_s=[60, 120], values=[1.0, 2.5])
        panel = graphs.Panel(title="Commands", shows="lines", unit="", period_s=60, lines=[line])
        return graphs.Dashboard(name=name, about="Start here.", hours=hours, read_at_ms=7, panels=[panel])


class FixedMetrics:
    """One number."""

    def read(self) -> Measures:
        sample = Sample(name="chat_lambda_errors", labels={"resource": 'De"liver'}, value=3.0, at_ms=5)
        return Measures(read_at_ms=7, samples=[sample])


@dataclass
class Stage:
    """A stage in memory."""

    world: World = field(default_factory=World)
    functions: RecordedFunctions = field(default_factory=RecordedFunctions)
    alarms: FixedAlarms = field(default_factory=FixedAlarms)

    def __post_init__(self) -> None:
        table, clock, ids = self.world.rooms_table, self.world.clock, self.world.ids
        self.control = ControlRoom(
            book=ScalingBook(table),
            functions=self.functions,
            deployed=Thresholds(),
            limits={"user_rate_per_s": 20, "user_burst": 60, "room_rate_per_s": 500},
            audit=AuditTrail(table),
            ids=ids,
            clock=clock,
        )
        self.watch = Watch(alarms=self.alarms, table=table, audit=AuditTrail(table), ids=ids, clock=clock)
        self.answers = AnswerBook(table, clock)
        self.door = Door(Operators(frozenset({"olga"})), clock)

        self.desk = Desk(audit=AuditTrail(table), queue=MemoryQueue(), ids=ids, clock=clock)
        self.flags = FlagDesk(rules=self.world.services.flags, audit=AuditTrail(table), ids=ids, clock=clock)
        self.oversight = oversight.Desk(services=self.world.services, audit=AuditTrail(table), ids=ids)
        self.letters = FixedLetters()
        self.letter_desk = dead_letters.Desk(office=self.letters, audit=AuditTrail(table), ids=ids, clock=clock)
        self.checks = Checks(lambda: {"rooms_table": Check(ok=True, latency_ms=1.5)}, clock)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The functions are deployed in this stage, whose operator is Olga."""
        monkeypatch.setattr(secrets, "verifier", lambda: ISSUER)
        monkeypatch.setattr(wiring, "operators", lambda: self.door)
        monkeypatch.setattr(wiring, "answers", lambda: self.answers)
        monkeypatch.setattr(wiring, "clock", lambda: self.world.clock)
        monkeypatch.setattr(wiring, "rooms_table", lambda: self.world.rooms_table)
        monkeypatch.setattr(control_room, "control_room", lambda: self.control)
        monkeypatch.setattr(cache_wiring, "desk", lambda: self.desk)
        monkeypatch.setattr(flags_wiring, "desk", lambda: self.flags)
        monkeypatch.setattr(letter_desk, "desk", lambda: self.letter_desk)
        monkeypatch.setattr(oversight_desk, "desk", lambda: self.oversight)
        monkeypatch.setattr(health_checks, "checks", lambda: self.checks)
        monkeypatch.setattr(console_wiring, "watch", lambda: self.watch)
        monkeypatch.setattr(console_wiring, "survey", FixedSurvey)
        monkeypatch.setattr(console_wiring, "dashboards", FixedDashboards)
        monkeypatch.setattr(console_wiring, "metrics", FixedMetrics)


HANDLERS = {
    "scaling": scaling,
    "cache": cache,
    "dead-letters": dead_letters_function,
    "flags": flags,
    "health": health,
    "oversight": oversight_function,
}
"""By the first part of the path; the console has all others."""


def token_of(user: str) -> str:
    """What the user sends with each request."""
    return ISSUER.sign_in(user, wiring.SystemClock().now_ms()).token


def answer_to(event: http.Event) -> http.Answer:
    """What the function behind the event's route answers."""
    area = str(event["routeKey"]).split("/")[2]
    answer: http.Answer = HANDLERS.get(area, console).handle(event, CONTEXT)
    return answer


def call(
    route: str, sent: Any = None, *, user: str | None = "olga", key: str | None = None, **more: Any
) -> tuple[int, Any]:
    """Status and body of the answer to a request; `more` are other parts of its event."""
    event = recorded("http_api", routeKey=route, body=json.dumps(sent) if sent is not None else "", **more)
    event["headers"] = {"accept": "application/json"}
    if user:
        event["headers"]["authorization"] = f"Bearer {token_of(user)}"
    if key is not None:
        event["headers"]["idempotency-key"] = key
    answer = answer_to(event)
    return answer["statusCode"], body(answer)
