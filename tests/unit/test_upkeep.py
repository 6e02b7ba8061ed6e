"""Operators' words, events, crowds and deployments: what becomes of what is kept."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field

import msgspec
import pytest

from chat import events, upkeep
from chat.aws import cache, secrets, wiring
from chat.aws.cache_signals import REPORT_MS, Crowds, Reporter
from chat.caching import tasks
from chat.caching.counts import Counts
from chat.caching.invalidations import LOOK_MS, SKEW_MS, Scope
from chat.caching.tasks import StaleDeclared, WarmingDue
from chat.caching.tiers import CROWD, Tiers
from chat.errors import InvalidFieldError, UnauthorizedError, UnavailableError
from chat.operators import Operators
from chat.ports import Item, Principal
from chat.storage.answers import AnswerBook
from chat.storage.audit import AuditTrail
from chat.storage.memberships import MEMBERSHIP, Membership, Memberships
from chat.storage.messages import Draft, MessageLog
from chat.storage.recent import RECENT
from chat.storage.room_rules import RULES, SHARED_MS
from chat.storage.rooms import ROOM, RoomDirectory, RoomRecord
from chat.upkeep import Desk, Upkeep
from functions.ops import cache as endpoint
from functions.ops import cache_invalidation as worker
from simulation.cache import MemoryShared
from simulation.world import MemoryQueue, World
from tests.unit.test_handlers import CONTEXT

OLGA = Principal("olga", "Olga")


@dataclass
class Stage:
    """A stage with a shared tier, seen by one function instance, and by others that a test makes."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.clock = self.world.clock
        self.common = MemoryShared(self.clock)
        self.tiers = self.instance()
        self.queue = MemoryQueue()
        self.desk = Desk(
            audit=AuditTrail(self.world.rooms_table), queue=self.queue, ids=self.world.ids, clock=self.clock
        )

    def instance(self) -> Tiers:
        return Tiers(self.clock, self.common)

    @property
    def upkeep(self) -> Upkeep:
        rooms, messages, tiers = self.world.rooms_table, self.world.messages_table, self.tiers
        return Upkeep(
            tiers=tiers,
            rooms=RoomDirectory(rooms, tiers),
            members=Memberships(rooms, tiers),
            messages=MessageLog(messages, tiers),
            clock=self.clock,
        )

    def furnish(self, room: str, *, members: int, said_at_ms: int = 0) -> None:
        """A public room with so many members, and a message."""
        tiers = Tiers(self.clock)
        record = RoomRecord(room, room.capitalize(), "public", "x")
        directory = RoomDirectory(self.world.rooms_table, tiers)
        directory.make(record)
        directory.show_latest(room, {"seq": 1, "author": "A", "text": "t", "sent_at_ms": said_at_ms})
        for number in range(members):
            membership = Membership(room, f"u{number:04}", "U", "owner" if number == 0 else "member")
            Memberships(self.world.rooms_table, tiers).admit(record, membership)
        draft = Draft(room, "text", "u0000", "U", "hello", f"{room}-1", self.clock.now_ms())
        MessageLog(self.world.messages_table).append(draft)

    def kept(self, kind: str) -> int:
        """How many of a kind are kept for all."""
        return len([name for name in self.common.names() if f":{kind}#" in name and ":claim:" not in name])

    def work_off(self) -> None:
        for body in self.queue.bodies:
            upkeep.carry_out(self.upkeep, body)
        self.queue.bodies.clear()


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.furnish("lunch", members=3)
    return stage


def test_an_operators_word_is_noted_told_and_in_force_everywhere(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    upkeep.warm(stage.upkeep, "lunch")
    stage.clock.pass_ms(SKEW_MS + 1)
    other = stage.instance()
    assert other.find_one(ROOM.of("lunch"))
    with caplog.at_level(logging.INFO):
        deed = upkeep.ask(stage.desk, OLGA, Scope("room", "lunch"), " a title was mended ")
    stage.work_off()
    stage.clock.pass_ms(LOOK_MS)
    for tiers in (stage.tiers, other, stage.instance()):
        assert tiers.find_one(ROOM.of("lunch")) is None
    (noted,) = deeds(stage)
    assert (noted["id"], noted["operator"], noted["what"], noted["about"], noted["why"]) == (
        deed,
        "olga",
        "cache.invalidate",
        "room:lunch",
        "a title was mended",
    )
    (line,) = [vars(record) for record in caplog.records if record.message == "cache declared stale"]
    assert (line["deed"], line["operator"], line["about"], line["why"]) == (
        deed,
        "olga",
        "room:lunch",
        "a title was mended",
    )


def deeds(stage: Stage) -> list[Item]:
    """What is noted of operators."""
    trail = AuditTrail(stage.world.rooms_table)
    return [row for day in trail.days() for row in trail.of_day(day)]


def test_two_words_at_the_same_moment_are_two_notes(stage: Stage) -> None:
    for _ in range(2):
        upkeep.ask(stage.desk, OLGA, Scope("all"), "both")
    assert len(deeds(stage)) == 2


@pytest.mark.parametrize(
    ("scope", "why"),
    [(Scope("room"), "why"), (Scope("all", "lunch"), "why"), (Scope("all"), "  "), (Scope("prefix"), "why")],
)
def test_a_word_that_says_too_little_or_too_much_is_refused_and_not_noted(stage: Stage, scope: Scope, why: str) -> None:
    with pytest.raises(InvalidFieldError):
        upkeep.ask(stage.desk, OLGA, scope, why)
    assert deeds(stage) == []
    assert stage.queue.bodies == []


def test_a_word_that_can_not_be_written_down_is_tried_again(stage: Stage) -> None:
    body = tasks.encode(StaleDeclared(Scope("all")))
    stage.common.away = True
    with pytest.raises(UnavailableError):
        upkeep.carry_out(stage.upkeep, body)
    stage.common.away = False
    upkeep.carry_out(stage.upkeep, body)


def event(kind: str, **fields: object) -> bytes:
    shared = {"event": kind, "id": "1", "room": "lunch", "changed_at_ms": 1}
    return msgspec.json.encode({**shared, **fields})


@pytest.mark.parametrize("kind", [events.MESSAGE_CHANGED, events.MESSAGE_DELETED])
def test_a_message_that_was_changed_or_deleted_stays_nowhere_for_all(stage: Stage, kind: str) -> None:
    upkeep.warm(stage.upkeep, "lunch")
    assert stage.kept("recent") == 1
    upkeep.carry_out(stage.upkeep, event(kind, seq=1, rev=1, what="edited", user="u0000"))
    assert stage.kept("recent") == 0
    assert stage.tiers.find_one(RECENT.of("lunch")) is None


def test_a_membership_that_changed_is_read_again_by_all(stage: Stage) -> None:
    upkeep.warm(stage.upkeep, "lunch")
    left = {"user": "u0001", "name": "U", "what": "left", "role": None, "was": "member", "muted_until_ms": 0}
    upkeep.carry_out(stage.upkeep, event(events.MEMBERSHIP_CHANGED, **left))
    assert (stage.kept("membership"), stage.kept("rules")) == (2, 0)
    assert stage.tiers.find_one(MEMBERSHIP.of("lunch", "u0001")) is None
    assert stage.tiers.find_one(RULES.of("lunch")) is None


def test_an_event_that_can_not_be_followed_is_no_dead_letter(stage: Stage) -> None:
    stage.common.away = True
    upkeep.carry_out(stage.upkeep, event(events.MESSAGE_DELETED, seq=1, rev=1, what="deleted", user="u0000"))


def test_a_warm_room_costs_its_members_no_call(stage: Stage) -> None:
    stage.furnish("tea", members=250)
    upkeep.carry_out(stage.upkeep, tasks.encode(WarmingDue("tea")))
    stage.world.rooms_table.calls.clear()
    elsewhere = Memberships(stage.world.rooms_table, stage.instance())
    assert all(elsewhere.recall_with_rules("tea", f"u{number:04}") for number in range(250))
    assert stage.world.rooms_table.calls == []


def test_what_was_warmed_ends_with_the_right(stage: Stage) -> None:
    upkeep.warm(stage.upkeep, "lunch")
    Memberships(stage.world.rooms_table, Tiers(stage.clock)).dismiss("lunch", "u0001")
    stage.clock.pass_ms(SHARED_MS)  # nobody has told the tier
    assert Memberships(stage.world.rooms_table, stage.instance()).recall("lunch", "u0001") is None


def test_a_room_that_there_is_not_is_not_warmed(stage: Stage) -> None:
    upkeep.warm(stage.upkeep, "none")
    assert stage.kept("membership") == 0


def test_after_a_deployment_the_rooms_of_the_newest_activity_are_warmed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "WARMED_ROOMS", 2)
    for number, said_at_ms in enumerate([30, 10, 20]):
        stage.furnish(f"room-{number}", members=1, said_at_ms=said_at_ms)
    upkeep.carry_out(stage.upkeep, b'{"event":"WarmingDue"}')
    warm = {room for room in ("room-0", "room-1", "room-2", "lunch") if stage.tiers.find_one(RECENT.of(room))}
    assert warm == {"room-0", "room-2"}


def test_a_crowd_is_told_of_once_by_whichever_instance_it_reaches(stage: Stage) -> None:
    stage.furnish("tea", members=3 * CROWD)
    for number in range(3 * CROWD):
        tiers = stage.instance()
        tiers.crowded = Crowds(stage.queue)
        assert Memberships(stage.world.rooms_table, tiers).recall("tea", f"u{number:04}")
    assert stage.queue.bodies == [tasks.encode(WarmingDue("tea"))]


def test_a_crowd_that_can_not_be_told_of_hinders_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Full(MemoryQueue):
        def send(self, *_arguments: object, **_options: object) -> None:
            raise UnavailableError("full")

    Crowds(Full())("tea")
    assert "room not warmed" in caplog.text


def test_what_is_counted_is_told_in_one_line_and_not_too_often(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = Counts()
    reporter = Reporter(counts, stage.clock, "test")
    reporter.report()
    assert capsys.readouterr().out == ""
    for _ in range(3):
        counts.add("membership", "memory", "hit")
        reporter.report()
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["membership.memory.hit"], told["stage"]) == ([1.0], "test")
    assert told["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Chat/Cache"
    stage.clock.pass_ms(REPORT_MS)
    reporter.report()
    assert json.loads(capsys.readouterr().out)["membership.memory.hit"] == [2.0]


@pytest.fixture
def deployed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The endpoint and the worker on the stage; a token is its user's id."""

    class Verifier:
        def verify(self, token: str) -> Principal:
            if token == "forged":
                raise UnauthorizedError("Sign in first.")
            return Principal(token, token, operator=token == "by-claim")

    monkeypatch.setattr(secrets, "verifier", Verifier)
    monkeypatch.setattr(wiring, "operators", lambda: Operators(frozenset({"olga"})))
    monkeypatch.setattr(wiring, "cache_reporter", lambda: Reporter(Counts(), stage.clock, "test"))
    monkeypatch.setattr(wiring, "answers", lambda: AnswerBook(stage.world.rooms_table, stage.clock))
    monkeypatch.setattr(cache, "desk", lambda: stage.desk)
    monkeypatch.setattr(cache, "upkeep", lambda: stage.upkeep)
    return stage


def post(user: str, body: object) -> tuple[int, dict[str, object]]:
    answer = endpoint.handle(
        {
            "routeKey": "POST /api/cache/invalidate",
            "headers": {"authorization": f"Bearer {user}"},
            "body": json.dumps(body),
        },
        CONTEXT,
    )
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("operator", ["olga", "by-claim"])
def test_an_operator_asks_over_http_and_the_worker_does_it(deployed: Stage, operator: str) -> None:
    status, answered = post(operator, {"scope": "user", "value": "ada", "why": "ticket 7"})
    assert (status, answered["in_force_within_ms"]) == (202, LOOK_MS)
    records = [{"messageId": str(at), "body": body.decode()} for at, body in enumerate(deployed.queue.bodies)]
    assert len(records) == 1
    assert worker.handle({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    answer = deployed.common.read([], log=True)
    assert answer is not None
    assert [json.loads(line)["scope"] for line in answer.log] == [{"kind": "user", "value": "ada"}]


def test_a_body_that_is_no_task_takes_no_other_with_it(deployed: Stage) -> None:
    deployed.common.away = False
    bodies = ["{}", '{"event":"WarmingDue","room":"lunch"}', "nonsense"]
    records = [{"messageId": str(at), "body": body} for at, body in enumerate(bodies)]
    failed = worker.handle({"Records": records}, CONTEXT)["batchItemFailures"]
    assert [each["itemIdentifier"] for each in failed] == ["0", "2"]
    assert deployed.kept("membership") == 3


@pytest.mark.parametrize(
    ("user", "body", "status", "code"),
    [
        ("ada", {"scope": "all", "why": "fun"}, 403, "not_allowed"),
        ("forged", {"scope": "all", "why": "fun"}, 401, "unauthorized"),
        ("olga", {"scope": "planet", "why": "x"}, 400, "invalid_field"),
        ("olga", {"scope": "all"}, 400, "invalid_field"),
        ("olga", {"scope": "all", "why": "x" * 501}, 400, "invalid_field"),
        ("olga", {"scope": "room", "why": "x"}, 400, "invalid_field"),
        ("olga", {"scope": "all", "why": "x", "dry_run": True}, 400, "invalid_field"),
        ("olga", [], 400, "invalid_field"),
    ],
)
def test_others_and_requests_that_say_nothing_clear_are_refused(
    deployed: Stage, user: str, body: object, status: int, code: str
) -> None:
    answered = post(user, body)
    assert (answered[0], answered[1]["code"]) == (status, code)
    assert deployed.queue.bodies == []
