"""Rights in the shared tier: how long one that was lost is taken for held, and what knowing rights costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chat.caching.tiers import Tiers
from chat.storage import keys
from chat.storage.memberships import MEMBERSHIP, Membership, Memberships
from chat.storage.room_rules import REMEMBERED_MS, SHARED_MS, RuleBook
from chat.storage.rooms import ABSENT_MS, RoomDirectory, RoomRecord
from simulation.cache import MemoryShared
from simulation.units import Units
from simulation.world import World

LUNCH = RoomRecord("lunch", "Lunch", "public", "made-with")


@dataclass
class Instance:
    """One function instance of the stage."""

    tiers: Tiers
    members: Memberships
    rules: RuleBook


class Stage:
    """A room of ada's, bob's and eve's, and as many function instances as a test wants."""

    def __init__(self) -> None:
        self.world = World()
        self.clock, self.table = self.world.clock, self.world.rooms_table
        self.common = MemoryShared(self.clock)
        members = Memberships(self.table, Tiers(self.clock))
        for user, role in (("ada", "owner"), ("bob", "member"), ("eve", "member")):
            members.admit(LUNCH, Membership("lunch", user, user.capitalize(), role))
        self.table.calls.clear()

    def instance(self) -> Instance:
        tiers = Tiers(self.clock, self.common)
        return Instance(tiers, Memberships(self.table, tiers), RuleBook(self.table, tiers))

    def warm(self, *instances: Instance) -> None:
        """Each has bob's membership with the version of the room's rights."""
        for _ in range(2):
            for instance in instances:
                assert instance.members.recall_with_rules("lunch", "bob")
            self.clock.pass_ms(REMEMBERED_MS)
        for instance in instances:
            assert instance.members.recall_with_rules("lunch", "bob")
        self.table.calls.clear()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def bob(members: Memberships) -> Membership:
    found = members.find("lunch", "bob")
    assert found is not None
    return found


LOSSES: dict[str, Callable[[Memberships], object]] = {
    "removed": lambda members: members.end(bob(members)),
    "erased": lambda members: members.dismiss("lunch", "bob"),
    "banned": lambda members: members.ban(bob(members), now="member"),
    "made a reader": lambda members: members.set_role("lunch", "bob", "reader", now="member"),
    "muted": lambda members: members.mute("lunch", "bob", 10**13),
    "limited": lambda members: members.limit("lunch", "bob", 10**13),
}


def may_post(instance: Instance) -> bool:
    membership = instance.members.recall_with_rules("lunch", "bob")
    return (
        membership is not None
        and membership.role == "member"
        and not membership.muted_until_ms
        and not membership.limited_until_ms
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("told", [True, False], ids=["everybody is told", "nobody is told"])
def test_a_right_that_was_lost_is_gone_everywhere_within_five_seconds_or_ten_untold(
    stage: Stage, loss: str, *, told: bool
) -> None:
    here, there, elsewhere = (stage.instance() for _ in range(3))
    stage.warm(here, there)
    stage.common.deaf = not told  # what is written through, and what is dropped, is lost
    LOSSES[loss](here.members)
    stage.common.deaf = False
    lasting_ms = 0
    while any(map(may_post, (here, there, elsewhere))):
        stage.clock.pass_ms(250)
        lasting_ms += 250
    assert lasting_ms <= (REMEMBERED_MS if told else SHARED_MS)
    assert not may_post(stage.instance())


@pytest.mark.parametrize("loss", LOSSES)
def test_told_of_it_an_instance_that_keeps_nothing_itself_knows_at_once(stage: Stage, loss: str) -> None:
    here = stage.instance()
    stage.warm(here)
    LOSSES[loss](here.members)
    assert not may_post(here)
    assert not may_post(stage.instance())


def test_who_read_just_before_and_writes_just_after_makes_nobody_believe_it_beyond_its_life(stage: Stage) -> None:
    here, slow = stage.instance(), stage.instance()
    stage.warm(here, slow)
    stage.clock.pass_ms(REMEMBERED_MS)
    old = stage.table.get(keys.room_rules("lunch"))
    read_at_ms = stage.clock.now_ms()
    stage.clock.pass_ms(1_000)
    here.members.end(bob(here.members))
    slow.rules.remember("lunch", old, read_at_ms)
    stage.clock.pass_ms(SHARED_MS - 1_000)
    assert not may_post(stage.instance())
    assert not may_post(slow)


def test_rules_that_the_tier_has_are_read_from_the_table_once_in_ten_seconds(stage: Stage) -> None:
    stage.warm(stage.instance())
    stage.clock.pass_ms(SHARED_MS)
    for _ in range(20):
        assert may_post(stage.instance())
        stage.clock.pass_ms(1_000)
    assert len(stage.table.calls) == 2


def test_a_membership_that_was_read_before_a_change_never_gets_the_version_after_it(stage: Stage) -> None:
    here, reader = stage.instance(), stage.instance()
    stage.warm(here)

    class Overtaken(Memberships):
        """Between its read and its keeping, the right is lost."""

        def find(self, room: str, user: str) -> Membership | None:
            found = super().find(room, user)
            here.members.set_role("lunch", "bob", "reader", now="member")
            return found

    here.tiers.drop(MEMBERSHIP.of("lunch", "bob"))
    assert Overtaken(stage.table, reader.tiers).recall_with_rules("lunch", "bob") is not None
    stage.clock.pass_ms(REMEMBERED_MS)
    assert not may_post(reader)
    assert not may_post(stage.instance())


def test_a_right_that_was_given_is_there_within_ten_seconds_whatever_is_told(stage: Stage) -> None:
    here, there = stage.instance(), stage.instance()
    stage.warm(here, there)
    stage.common.deaf = True
    here.members.set_role("lunch", "bob", "moderator", now="member")
    stage.common.deaf = False
    stage.clock.pass_ms(SHARED_MS)
    membership = there.members.recall("lunch", "bob")
    assert membership is not None
    assert membership.role == "moderator"


def test_a_newcomer_never_waits(stage: Stage) -> None:
    here, there = stage.instance(), stage.instance()
    stage.warm(here, there)
    assert there.members.recall_with_rules("lunch", "mallory") is None
    pk, sk = keys.member("lunch", "mallory")
    stage.table.put({"pk": pk, "sk": sk, "room": "lunch", "user": "mallory", "name": "Mallory", "role": "member"})
    assert there.members.recall_with_rules("lunch", "mallory")


def test_a_member_whom_another_instance_knows_costs_no_call(stage: Stage) -> None:
    here = stage.instance()
    stage.warm(here)
    there = stage.instance()
    assert there.members.recall_with_rules("lunch", "bob")
    assert there.rules.recall("lunch") is not None
    assert stage.table.calls == []


def test_when_the_rooms_rights_were_not_read_for_ten_seconds_one_half_unit_makes_all_of_them_true_again(
    stage: Stage,
) -> None:
    here = stage.instance()
    for user in ("ada", "bob", "eve"):
        here.members.recall_with_rules("lunch", user)
    stage.clock.pass_ms(SHARED_MS)
    stage.table.calls.clear()
    stage.table.units = Units()
    for user in ("bob", "eve", "bob"):
        assert here.members.recall_with_rules("lunch", user)
    assert (stage.table.calls, stage.table.units.read) == (["get"], 0.5)


def test_a_room_that_nobody_knows_costs_one_call_and_one_unit(stage: Stage) -> None:
    stage.table.units = Units()
    assert stage.instance().members.recall_with_rules("lunch", "bob")
    assert (stage.table.calls, stage.table.units.read) == (["get_many"], 1)


def test_with_the_tier_away_rights_are_read_from_the_table_and_as_bounded(stage: Stage) -> None:
    here, there = stage.instance(), stage.instance()
    stage.common.away = True
    stage.warm(here, there)
    here.members.end(bob(here.members))
    assert not may_post(here)
    stage.clock.pass_ms(REMEMBERED_MS)
    assert not may_post(there)


def test_two_roles_that_change_at_once_leave_nothing_believed(stage: Stage) -> None:
    here, there = stage.instance(), stage.instance()
    stage.warm(here, there)
    assert here.members.transfer("lunch", "ada", bob(here.members))
    stage.clock.pass_ms(REMEMBERED_MS)
    roles = [membership and membership.role for membership in map(there.members.recall, ["lunch"] * 2, ["ada", "bob"])]
    assert roles == ["moderator", "owner"]


def test_that_there_is_no_room_is_believed_for_a_second_only(stage: Stage) -> None:
    directory = RoomDirectory(stage.table, stage.instance().tiers)
    assert [directory.find("lunch") for _ in range(5)] == [None] * 5
    assert stage.table.calls == ["get", "get!"]
    stage.common.deaf = True
    RoomDirectory(stage.table, stage.instance().tiers).make(LUNCH)
    stage.common.deaf = False
    stage.clock.pass_ms(ABSENT_MS)
    assert directory.find("lunch") == LUNCH


def test_who_makes_a_room_tells_all_who_have_asked_elsewhere_for_it(stage: Stage) -> None:
    asker, maker, joiner = (RoomDirectory(stage.table, stage.instance().tiers) for _ in range(3))
    assert asker.find("lunch") is None
    maker.make(LUNCH)
    assert joiner.find("lunch") == LUNCH


def test_a_room_that_is_known_costs_nobody_a_call_for_ten_minutes(stage: Stage) -> None:
    RoomDirectory(stage.table, stage.instance().tiers).make(LUNCH)
    stage.table.calls.clear()
    for _ in range(9):
        stage.clock.pass_ms(60_000)
        assert RoomDirectory(stage.table, stage.instance().tiers).find("lunch") == LUNCH
    assert stage.table.calls == []
