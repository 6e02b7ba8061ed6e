"""Rooms, their lists and previews, and who is in them, in memory and on the emulator alike."""

from dataclasses import replace

import pytest

from chat.caching.tiers import Tiers
from chat.ports import Equal, Put, Table, TransactionError
from chat.storage import keys
from chat.storage.memberships import Membership, Memberships, admission
from chat.storage.room_rules import RuleBook
from chat.storage.rooms import Listing, RoomDirectory, RoomRecord
from simulation.world import ManualClock

LUNCH = RoomRecord("lunch", "Lunch", "public", "maker and command")
ADA, BOB = Membership("lunch", "ada", "Ada", "owner"), Membership("lunch", "bob", "Bob", "member")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def directory(table: Table) -> RoomDirectory:
    directory = RoomDirectory(table, Tiers(ManualClock()))
    assert directory.make(LUNCH, admission(LUNCH, ADA)) is LUNCH
    return directory


@pytest.fixture
def members(directory: RoomDirectory, table: Table, clock: ManualClock) -> Memberships:
    del directory
    members = Memberships(table, Tiers(clock))
    assert members.admit(LUNCH, BOB) is BOB
    return members


def roles(members: Memberships) -> dict[str, str]:
    found, after = members.page("lunch", None, 100)
    assert after is None
    return {member.user: member.role for member in found}


def listed(table: Table, user: str) -> Listing | None:
    return RoomDirectory(table, Tiers(ManualClock())).listing("lunch", user)


def test_a_room_and_its_owner_are_made_once(directory: RoomDirectory, table: Table) -> None:
    other = replace(LUNCH, title="Other", made_with="somebody else")
    assert directory.make(other, admission(other, Membership("lunch", "eve", "Eve", "owner"))) == LUNCH
    assert directory.find("lunch") == LUNCH
    assert directory.find("none") is None
    assert table.get(keys.member("lunch", "eve"), consistent=True) is None
    with pytest.raises(TransactionError):  # nothing stands under the id of the room, but something beside it
        directory.make(replace(LUNCH, room="tea"), admission(LUNCH, ADA))
    assert directory.find("tea") is None


def test_a_user_has_their_own_rooms_and_all_public_ones_in_their_list(
    directory: RoomDirectory, members: Memberships
) -> None:
    for kind in ("public", "private"):
        directory.make(RoomRecord(f"{kind}-tea", "Tea", kind, "x"))
    direct = RoomRecord("direct", "", "direct", "x")
    members.admit(direct, Membership("direct", "bob", "Bob", "member"), other="ada")
    found = {listing.record.room: (listing.role, listing.other) for listing in directory.list_for("bob")}
    assert found == {"lunch": ("member", None), "public-tea": (None, None), "direct": ("member", "ada")}
    assert directory.own_rooms("bob", 1) == ["direct"]
    directory.forget_other("direct", "bob")
    directory.forget_other("direct", "ada")
    assert [(each.record.room, each.other) for each in directory.own_listings("bob")] == [
        ("direct", ""),
        ("lunch", None),
    ]
    assert directory.own_listings("ada") == [Listing(LUNCH, "owner")]


def test_a_preview_is_replaced_by_a_newer_one_and_by_what_became_of_it(directory: RoomDirectory) -> None:
    def shown() -> str:
        return str(directory.previews(["lunch", "none"])["lunch"]["text"])

    directory.show_latest("lunch", {"seq": 2, "text": "two"})
    directory.show_latest("lunch", {"seq": 1, "text": "one"})
    directory.show_latest("lunch", {"seq": 2, "text": "two again"})
    assert shown() == "two"
    directory.revise_latest("lunch", {"seq": 2, "text": "two, edited"})
    directory.revise_latest("lunch", {"seq": 1, "text": "one, edited"})
    assert shown() == "two, edited"


def test_a_member_is_admitted_once_and_a_ban_stands(members: Memberships) -> None:
    assert members.admit(LUNCH, replace(BOB, role="owner")) == BOB
    assert members.ban(BOB, now="member")
    assert members.admit(LUNCH, BOB).role == "banned"
    assert members.find("lunch", "bob") == replace(BOB, role="banned")
    assert members.among("lunch", ["eve", "bob", "ada"]) == ["ada"]


def test_a_membership_ends_as_it_is_known_only(members: Memberships, table: Table) -> None:
    assert not members.end(replace(BOB, role="reader"))
    assert (roles(members), listed(table, "bob") is None) == ({"ada": "owner", "bob": "member"}, False)
    assert members.end(BOB)
    assert not members.end(BOB)
    assert (roles(members), listed(table, "bob")) == ({"ada": "owner"}, None)
    members.dismiss("lunch", "ada")
    members.dismiss("lunch", "ada")
    assert roles(members) == {}


def test_what_kept_a_member_from_posting_is_known_when_they_come_back(members: Memberships, clock: ManualClock) -> None:
    assert members.newcomer("lunch", "bob", "Bob") == BOB
    muted = replace(BOB, muted_until_ms=clock.now_ms() + 1_000)
    members.mute("lunch", "bob", muted.muted_until_ms)
    assert members.end(muted)
    assert members.newcomer("lunch", "bob", "Bob") == muted
    members.admit(LUNCH, replace(BOB, role="reader"))
    assert members.end(replace(BOB, role="reader"))
    assert members.newcomer("lunch", "bob", "Bob") == replace(BOB, role="reader")
    members.admit(LUNCH, BOB)
    assert members.end(BOB)
    assert members.newcomer("lunch", "bob", "Bob") == BOB


def test_a_ban_is_for_who_stands_there_as_known(members: Memberships, table: Table) -> None:
    assert not members.ban(BOB, now="reader")
    assert not members.ban(BOB, now=None)
    assert roles(members)["bob"] == "member"
    assert members.ban(BOB, now="member")
    assert listed(table, "bob") is None
    assert members.ban(Membership("lunch", "eve", "Eve", "reader"), now=None)
    assert roles(members) == {"ada": "owner", "bob": "banned", "eve": "banned"}
    members.forget_name("lunch", "eve")
    members.forget_name("lunch", "ada")
    found, _ = members.page("lunch", None, 100)
    assert [member.name for member in found] == ["Ada", "Bob", "eve"]
    assert [members.unban("lunch", user) for user in ("bob", "bob", "ada", "none")] == [True, False, False, False]
    assert roles(members) == {"ada": "owner", "eve": "banned"}


def test_only_members_are_muted_limited_and_renamed(members: Memberships) -> None:
    assert [members.mute("lunch", user, 5) for user in ("bob", "eve")] == [True, False]
    for user in ("bob", "eve"):
        members.limit("lunch", user, 7)
        members.rename(Membership("lunch", user, user, "member"), "Bobby")
    assert members.find("lunch", "bob") == Membership("lunch", "bob", "Bobby", "member", 5, 7)
    assert members.find("lunch", "eve") is None


def test_roles_change_together_or_not_at_all(members: Memberships, table: Table) -> None:
    assert not members.set_role("lunch", "bob", "reader", now="moderator")
    assert not members.set_role("lunch", "eve", "reader", now="member")
    assert not members.transfer("lunch", "ada", replace(BOB, role="moderator"))
    assert not members.transfer("lunch", "bob", replace(BOB, user="ada"))
    assert roles(members) == {"ada": "owner", "bob": "member"}
    assert members.transfer("lunch", "ada", BOB)
    assert members.set_role("lunch", "ada", "reader", now="moderator")
    assert roles(members) == {"ada": "reader", "bob": "owner"}
    assert [listing.role for user in ("ada", "bob") if (listing := listed(table, user))] == ["reader", "owner"]


def test_members_are_paged_and_no_other_row_of_the_room_is_among_them(members: Memberships, table: Table) -> None:
    table.put_many([{"pk": keys.about("lunch")[0], "sk": sk} for sk in ("a", "left#x", "memberx", "n", "posted#x")])
    for user in ("b", "Ä", "😀"):
        members.admit(LUNCH, Membership("lunch", user, user, "member"))
    seen: list[str] = []
    after: str | None = None
    while True:
        page, after = members.page("lunch", after, 2)
        seen += [member.user for member in page]
        if after is None:
            break
    assert seen == ["ada", "b", "bob", "Ä", "😀"]
    assert members.page("lunch", "\U0010ffff\U0010ffff", 2) == ([], None)


def test_a_right_and_the_rooms_rules_are_read_together(members: Memberships, table: Table, clock: ManualClock) -> None:
    rules = RuleBook(table, members._tiers)
    RuleBook(table, Tiers(clock)).change("lunch", slow_mode_s=5, blocked_words=None)
    assert members.recall_with_rules("lunch", "bob") == BOB
    remembered = rules.remembered("lunch")
    assert remembered is not None
    assert remembered.slow_mode_s == 5
    assert members.recall_with_rules("lunch", "eve") is None
    table.update(keys.member("lunch", "bob"), assign={"role": "reader"}, condition=Equal("role", "member"))
    assert members.recall("lunch", "bob") == BOB  # for 5 s
    clock.pass_ms(5_000)
    assert members.recall("lunch", "bob") == replace(BOB, role="reader")


def test_what_is_made_beside_a_room_stands_or_falls_with_it(table: Table) -> None:
    directory, beside = RoomDirectory(table, Tiers(ManualClock())), Put({"pk": "beside", "sk": "a"})
    directory.make(LUNCH)
    directory.make(LUNCH, [beside])
    assert table.get(("beside", "a"), consistent=True) is None
    directory.make(replace(LUNCH, room="tea"), [beside])
    assert table.get(("beside", "a"), consistent=True) == beside.item
