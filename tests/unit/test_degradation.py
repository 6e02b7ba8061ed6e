"""What a busy room goes without on each step, by count."""

import pytest

from chat.planning import STEPS, Plan, Step
from chat.ports import Sender
from chat.protocol import MarkRead, StartTyping
from chat.storage import keys
from chat.storage.memberships import Membership
from chat.storage.rooms import RoomRecord
from chat.subscriptions import mark_read
from chat.typing_notices import start_typing
from simulation.world import World
from tests.unit import crowds

SIZE = 20


def busy(step: Step) -> World:
    """A room of members who follow it, on a step."""
    world = crowds.crowd(SIZE)
    plan = Plan("coalesced" if step == "digest" else "direct", step)
    row = {"room": crowds.ROOM, "tier": plan.tier, "step": plan.step, "window_ms": plan.window_ms, "online": SIZE}
    world.connections_table.update(keys.room_shape(crowds.ROOM), assign=row)
    world.clock.pass_ms(60_000)
    return world


ADA = Sender(user=crowds.user(0), name="U0000", connection=f"{crowds.user(0)}-1")


@pytest.mark.parametrize("step", STEPS)
def test_who_types_is_told_on_the_first_step_only(step: Step) -> None:
    world = busy(step)
    start_typing(world.services, ADA, StartTyping(id="1", room=crowds.ROOM))
    assert crowds.posts(world) == (SIZE - 1 if step == "full" else 0)


@pytest.mark.parametrize("step", STEPS)
def test_who_reads_on_is_told_up_to_the_second(step: Step) -> None:
    world = busy(step)
    crowds.ask(world, crowds.user(1), action="send", room=crowds.ROOM, text="read this")
    world.sockets.received.clear()
    mark_read(world.services, ADA, MarkRead(id="1", room=crowds.ROOM, seq=1))
    crowds.work_off(world)
    assert crowds.posts(world) == (SIZE if step in {"full", "no_typing"} else 0)


@pytest.mark.parametrize("step", STEPS)
def test_who_comes_is_told_up_to_the_third(step: Step) -> None:
    world = busy(step)
    world.services.members.admit(
        RoomRecord(crowds.ROOM, crowds.ROOM, "private", crowds.ROOM),
        Membership(crowds.ROOM, "newcomer", "Newcomer", "member"),
    )
    world.connect("newcomer")
    world.notices_queue.bodies = [b'{"due":"presence","user":"newcomer"}']
    crowds.work_off(world)
    assert crowds.posts(world) == (SIZE if step in {"full", "no_typing", "no_receipts"} else 0)


def test_a_room_that_is_on_a_step_costs_the_others_of_a_user_nothing() -> None:
    world = busy("digest")
    crowds.gather(world, "dinner", 5)
    world.notices_queue.bodies = [f'{{"due":"presence","user":"{crowds.user(0)}"}}'.encode()]
    crowds.work_off(world)
    assert crowds.posts(world) == 4
