"""Members: who brings in, puts out, silences and promotes whom, and who is told."""

import json
from typing import Any

import pytest

from chat import access, commands, subscriptions
from chat.caching.tiers import Tiers
from chat.errors import BannedError, NotAMemberError
from chat.ports import Sender
from chat.protocol import Subscribe
from chat.storage.memberships import Memberships
from simulation.world import World


@pytest.fixture
def world() -> World:
    """A private room: Ada owns it, Mia moderates, Bob and Bea are members; all of them listen."""
    world = World()
    for user in ("ada", "mia", "bob", "bea", "eve"):
        world.connect(user)
    invited = ["mia", "bob", "bea"]
    ask(world, "ada", action="create", id="make", title="Lunch", room="lunch", kind="private", members=invited)
    ask(world, "ada", action="set_role", room="lunch", user="mia", role="moderator")
    for user in ("ada", *invited):
        assert ask(world, user, action="subscribe", room="lunch")["type"] == "ack"
    world.sockets.received.clear()
    return world


def speaker(user: str) -> Sender:
    return Sender(user=user, name=user.capitalize(), connection=f"{user}-1")


def ask(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    frame = json.dumps({"id": f"{asker}{len(world.rooms_table.calls)}", **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, speaker(asker), frame))
    return reply


def outcome(reply: dict[str, Any]) -> str:
    return str(reply.get("code", "ack"))


def roles(world: World, asker: str = "ada") -> dict[str, str]:
    listed = ask(world, asker, action="members", room="lunch")["result"]["members"]
    return {member["user"]["id"]: member["role"] for member in listed}


def test_the_maker_owns_the_room_and_the_invited_are_members(world: World) -> None:
    assert roles(world) == {"ada": "owner", "mia": "moderator", "bob": "member", "bea": "member"}


def test_members_are_listed_in_pages(world: World) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = ask(world, "bob", action="members", room="lunch", limit=2, after=after)["result"]
        seen += [member["user"]["id"] for member in page["members"]]
        after = page["after"]
        if after is None:
            break
    assert seen == ["ada", "bea", "bob", "mia"]


@pytest.mark.parametrize(
    ("actor", "command", "expected"),
    [
        ("bob", {"action": "invite", "user": "eve"}, "not_allowed"),
        ("mia", {"action": "invite", "user": "eve"}, "ack"),
        ("eve", {"action": "invite", "user": "eve"}, "not_a_member"),
        ("bob", {"action": "remove", "user": "bea"}, "not_allowed"),
        ("mia", {"action": "remove", "user": "bob"}, "ack"),
        ("mia", {"action": "remove", "user": "ada"}, "not_allowed"),
        ("mia", {"action": "remove", "user": "mia"}, "not_allowed"),
        ("ada", {"action": "remove", "user": "mia"}, "ack"),
        ("ada", {"action": "remove", "user": "eve"}, "user_not_found"),
        ("ada", {"action": "remove", "user": "eve", "ban": True}, "ack"),
        ("bob", {"action": "mute", "user": "bea", "for_s": 60}, "not_allowed"),
        ("mia", {"action": "mute", "user": "bea", "for_s": 60}, "ack"),
        ("mia", {"action": "mute", "user": "ada", "for_s": 60}, "not_allowed"),
        ("mia", {"action": "mute", "user": "eve", "for_s": 60}, "user_not_found"),
        ("mia", {"action": "set_role", "user": "bob", "role": "reader"}, "not_allowed"),
        ("ada", {"action": "set_role", "user": "ada", "role": "member"}, "not_allowed"),
        ("ada", {"action": "set_role", "user": "bob", "role": "owner"}, "invalid_field"),
        ("mia", {"action": "transfer", "user": "bob"}, "not_allowed"),
        ("ada", {"action": "transfer", "user": "eve"}, "user_not_found"),
        ("ada", {"action": "transfer", "user": "ada"}, "invalid_field"),
        ("bob", {"action": "unban", "user": "eve"}, "not_allowed"),
        ("ada", {"action": "leave"}, "not_allowed"),
        ("bob", {"action": "leave"}, "ack"),
    ],
)
def test_who_may_do_what_to_whom(world: World, actor: str, command: dict[str, Any], expected: str) -> None:
    assert outcome(ask(world, actor, room="lunch", **command)) == expected


def test_somebody_put_out_hears_nothing_more_and_reads_nothing(world: World) -> None:
    ask(world, "ada", action="send", room="lunch", text="before")
    ask(world, "mia", action="remove", room="lunch", user="bob")
    ask(world, "ada", action="send", room="lunch", text="after")
    assert [frame["message"]["text"] for frame in world.sockets.heard("bob-1")] == ["before"]
    assert len(world.sockets.heard("bea-1")) == 2
    for action in ("history", "subscribe", "members"):
        assert outcome(ask(world, "bob", action=action, room="lunch")) == "not_a_member"
    assert ask(world, "bob", action="rooms")["result"]["rooms"] == []


def test_a_subscription_that_races_with_a_removal_does_not_survive(world: World) -> None:
    """Bob is put out by one instance while another still remembers him."""
    ask(world, "bob", action="history", room="lunch")
    Memberships(world.rooms_table, Tiers(world.clock)).dismiss("lunch", "bob")
    world.services.fanout.connections.unsubscribe_user("bob", "lunch")
    with pytest.raises(NotAMemberError):
        subscriptions.subscribe(world.services, speaker("bob"), Subscribe(id="s", room="lunch"))
    ask(world, "ada", action="send", room="lunch", text="after")
    assert world.sockets.heard("bob-1") == []


def test_everybody_and_the_one_concerned_are_told_of_a_change(world: World) -> None:
    ask(world, "mia", action="remove", room="lunch", user="bob")
    for connection in ("ada-1", "bea-1", "mia-1", "bob-1"):
        (event,) = world.sockets.heard(connection, "member")
        assert (event["change"], event["user"]["id"], event["role"], event["by"]["id"]) == (
            "removed",
            "bob",
            None,
            "mia",
        )


def test_a_change_of_role_is_told_once_to_everybody(world: World) -> None:
    ask(world, "ada", action="set_role", room="lunch", user="bob", role="reader")
    for connection in ("ada-1", "bea-1", "mia-1", "bob-1"):
        (event,) = world.sockets.heard(connection, "member")
        assert (event["change"], event["role"]) == ("role", "reader")


def test_a_banned_user_stays_out_until_unbanned(world: World) -> None:
    ask(world, "ada", action="remove", room="lunch", user="bob", ban=True)
    assert roles(world)["bob"] == "banned"
    assert "bob" not in roles(world, "bea")
    assert outcome(ask(world, "bob", action="join", room="lunch")) == "banned"
    assert outcome(ask(world, "mia", action="invite", room="lunch", user="bob")) == "not_allowed"
    ask(world, "mia", action="unban", room="lunch", user="bob")
    assert outcome(ask(world, "mia", action="invite", room="lunch", user="bob")) == "ack"
    assert outcome(ask(world, "bob", action="history", room="lunch")) == "ack"


def test_a_user_banned_from_a_public_room_can_not_join_it_again(world: World) -> None:
    ask(world, "ada", action="create", title="Open", room="open")
    ask(world, "eve", action="join", room="open")
    ask(world, "ada", action="remove", room="open", user="eve", ban=True)
    assert outcome(ask(world, "eve", action="join", room="open")) == "banned"
    with pytest.raises(BannedError):
        access.require_member(world.services, "eve", "open")


def test_a_muted_member_reads_but_does_not_post_until_the_time_is_over(world: World) -> None:
    ask(world, "mia", action="mute", room="lunch", user="bob", for_s=60)
    refused = ask(world, "bob", action="send", room="lunch", text="hello")
    assert (refused["code"], refused["temporary"], refused["retry_after_ms"]) == ("muted", True, 60_000)
    assert outcome(ask(world, "bob", action="history", room="lunch")) == "ack"
    world.clock.pass_ms(60_000)
    assert outcome(ask(world, "bob", action="send", room="lunch", text="hello")) == "ack"


def test_a_mute_can_be_ended_early(world: World) -> None:
    ask(world, "mia", action="mute", room="lunch", user="bob", for_s=60)
    ask(world, "mia", action="mute", room="lunch", user="bob", for_s=0)
    assert outcome(ask(world, "bob", action="send", room="lunch", text="hello")) == "ack"


def test_a_reader_reads_and_does_not_post(world: World) -> None:
    ask(world, "ada", action="set_role", room="lunch", user="bob", role="reader")
    assert outcome(ask(world, "bob", action="send", room="lunch", text="hello")) == "not_allowed"
    assert outcome(ask(world, "bob", action="history", room="lunch")) == "ack"


def test_a_room_is_handed_over_whole(world: World) -> None:
    ask(world, "ada", action="transfer", room="lunch", user="bob")
    assert (roles(world)["ada"], roles(world)["bob"]) == ("moderator", "owner")
    assert outcome(ask(world, "ada", action="leave", room="lunch")) == "ack"
    (listed,) = ask(world, "bob", action="rooms")["result"]["rooms"]
    assert listed["role"] == "owner"


def test_an_owner_alone_may_leave(world: World) -> None:
    for user in ("mia", "bob", "bea"):
        ask(world, user, action="leave", room="lunch")
    assert outcome(ask(world, "ada", action="leave", room="lunch")) == "ack"


def test_a_pair_has_one_direct_room_whoever_opens_it_first(world: World) -> None:
    first = ask(world, "bob", action="direct", user="eve")["result"]["room"]
    second = ask(world, "eve", action="direct", user="bob")["result"]["room"]
    assert first["room"] == second["room"]
    assert (first["kind"], first["title"], second["title"]) == ("direct", "eve", "bob")
    assert outcome(ask(world, "ada", action="join", room=first["room"])) == "room_private"
    assert outcome(ask(world, "bob", action="invite", room=first["room"], user="ada")) == "not_allowed"
    assert outcome(ask(world, "bob", action="direct", user="bob")) == "invalid_field"


def test_joining_again_keeps_role_and_cursor(world: World) -> None:
    ask(world, "ada", action="create", title="Open", room="open")
    ask(world, "ada", action="send", room="open", text="hello")
    ask(world, "ada", action="read", room="open", seq=1)
    joined = ask(world, "ada", action="join", room="open")["result"]["room"]
    assert (joined["role"], joined["read_seq"], joined["unread"]) == ("owner", 1, 0)


def test_a_repeated_create_gives_nobody_back_what_they_have_lost(world: World) -> None:
    make = {
        "action": "create",
        "id": "tea",
        "title": "Tea",
        "room": "tea",
        "kind": "private",
        "members": ["bob", "eve"],
    }
    ask(world, "ada", **make)
    ask(world, "ada", action="transfer", room="tea", user="bob")
    assert outcome(ask(world, "ada", **make)) == "ack"
    ask(world, "bob", action="remove", room="tea", user="ada")
    ask(world, "eve", action="leave", room="tea")
    assert outcome(ask(world, "ada", **make)) == "not_a_member"
    ask(world, "bob", action="remove", room="tea", user="ada", ban=True)
    assert outcome(ask(world, "ada", **make)) == "banned"
    listed = ask(world, "bob", action="members", room="tea")["result"]["members"]
    assert [(member["user"]["id"], member["role"]) for member in listed] == [("ada", "banned"), ("bob", "owner")]


def test_the_invited_of_a_new_room_and_its_makers_other_devices_learn_of_it(world: World) -> None:
    world.connect("ada", connection="phone")
    ask(world, "ada", action="create", title="Tea", room="tea", kind="private", members=["eve"])
    (invited,) = world.sockets.heard("eve-1", "member")
    assert (invited["room"], invited["change"], invited["role"], invited["by"]["id"]) == (
        "tea",
        "invited",
        "member",
        "ada",
    )
    (made,) = world.sockets.heard("phone", "member")
    assert (made["room"], made["change"], made["role"]) == ("tea", "joined", "owner")
    assert world.sockets.heard("ada-1", "member") == []


def test_the_other_one_of_a_direct_room_learns_of_it_once(world: World) -> None:
    for asker, other in (("ada", "eve"), ("eve", "ada"), ("ada", "eve")):
        ask(world, asker, action="direct", user=other)
    (event,) = world.sockets.heard("eve-1", "member")
    assert (event["change"], event["by"]["id"]) == ("invited", "ada")
    assert world.sockets.heard("ada-1", "member") == []


def test_who_was_invited_by_id_has_their_name_once_they_have_looked(world: World) -> None:
    ask(world, "ada", action="invite", room="lunch", user="eve")
    assert named(world)["eve"] == "eve"
    ask(world, "eve", action="subscribe", room="lunch")
    assert named(world)["eve"] == "Eve"


def named(world: World) -> dict[str, str]:
    listed = ask(world, "ada", action="members", room="lunch")["result"]["members"]
    return {member["user"]["id"]: member["user"]["name"] for member in listed}


def test_leaving_and_coming_back_ends_no_mute(world: World) -> None:
    ask(world, "ada", action="create", title="Open", room="open", members=["bob"])
    ask(world, "ada", action="mute", room="open", user="bob", for_s=60)
    for come_back in (("bob", {"action": "join"}), ("ada", {"action": "invite", "user": "bob"})):
        ask(world, "bob", action="leave", room="open")
        asker, command = come_back
        assert outcome(ask(world, asker, room="open", **command)) == "ack"
        refused = ask(world, "bob", action="send", room="open", text="hello")
        assert (refused["code"], refused["retry_after_ms"]) == ("muted", 60_000)
    ask(world, "ada", action="remove", room="open", user="bob")
    world.clock.pass_ms(60_000)
    ask(world, "bob", action="join", room="open")
    assert outcome(ask(world, "bob", action="send", room="open", text="hello")) == "ack"


def test_a_reader_who_leaves_comes_back_as_one_until_the_owner_says_otherwise(world: World) -> None:
    ask(world, "ada", action="create", title="Open", room="open", members=["bob"])
    ask(world, "ada", action="set_role", room="open", user="bob", role="reader")
    ask(world, "bob", action="leave", room="open")
    assert ask(world, "bob", action="join", room="open")["result"]["room"]["role"] == "reader"
    ask(world, "ada", action="set_role", room="open", user="bob", role="member")
    ask(world, "bob", action="leave", room="open")
    assert ask(world, "bob", action="join", room="open")["result"]["room"]["role"] == "member"


@pytest.mark.parametrize(
    ("actor", "command"),
    [
        ("bob", {"action": "leave"}),
        ("mia", {"action": "remove", "user": "bob"}),
        ("mia", {"action": "remove", "user": "bob", "ban": True}),
        ("ada", {"action": "set_role", "user": "bob", "role": "reader"}),
    ],
)
def test_a_room_keeps_its_owner_whoever_acts_at_the_same_moment(
    world: World, actor: str, command: dict[str, Any]
) -> None:
    """Ada hands the room to Bob right before the other change is stored."""
    genuine = world.rooms_table.transact

    def transact(writes: Any, *, token: str | None = None) -> None:
        world.rooms_table.transact = genuine  # type: ignore[method-assign]
        assert outcome(ask(world, "ada", action="transfer", room="lunch", user="bob")) == "ack"
        genuine(writes, token=token)

    world.rooms_table.transact = transact  # type: ignore[method-assign]
    refused = ask(world, actor, room="lunch", **command)
    assert (refused["code"], refused["temporary"]) == ("unavailable", True)
    assert roles(world)["bob"] == "owner"


def test_an_owner_does_not_leave_members_behind_however_many_are_banned(world: World) -> None:
    ask(world, "ada", action="transfer", room="lunch", user="mia")
    for user in ("ada", "bob", "bea"):
        ask(world, user, action="leave", room="lunch")
    ask(world, "mia", action="invite", room="lunch", user="zoe")
    for number in range(120):
        ask(world, "mia", action="remove", room="lunch", user=f"a{number:03}", ban=True)
    assert outcome(ask(world, "mia", action="leave", room="lunch")) == "not_allowed"
    ask(world, "zoe", action="leave", room="lunch")
    assert outcome(ask(world, "mia", action="leave", room="lunch")) == "ack"


@pytest.mark.parametrize("after", ["zzz", "\U0010ffff", "\U0010ffff\U0010ffff"])
def test_a_list_of_members_ends_behind_the_last_one(world: World, after: str) -> None:
    assert ask(world, "ada", action="members", room="lunch", after=after)["result"] == {"members": [], "after": None}


def test_whoever_joins_a_public_room_that_its_last_owner_left_takes_it_over(world: World) -> None:
    assert ask(world, "ada", action="create", title="Empty", room="empty")["type"] == "ack"
    assert ask(world, "ada", action="leave", room="empty")["type"] == "ack"
    assert ask(world, "bob", action="join", room="empty")["result"]["room"]["role"] == "owner"
    assert ask(world, "eve", action="join", room="empty")["result"]["room"]["role"] == "member"


def test_what_was_said_before_somebody_came_is_not_unread(world: World) -> None:
    ask(world, "ada", action="create", title="Busy", room="busy")
    for text in ("one", "two"):
        ask(world, "ada", action="send", room="busy", text=text)
    assert ask(world, "eve", action="join", room="busy")["result"]["room"]["unread"] == 0
    ask(world, "ada", action="invite", room="busy", user="bob")
    ask(world, "ada", action="send", room="busy", text="three")
    (busy,) = [room for room in ask(world, "bob", action="rooms")["result"]["rooms"] if room["room"] == "busy"]
    assert (busy["last_seq"], busy["read_seq"], busy["unread"]) == (3, 2, 1)
