"""What happens away from the hot path, on a stage in memory: events are heard, jobs worked off."""

from __future__ import annotations

import json
from typing import Any

from chat import commands, events, media, search
from chat.accounts import jobs, noting
from chat.ports import Sender
from simulation.world import World


def ask(world: World, who: str, /, **command: Any) -> dict[str, Any]:
    """The reply to a command of the user's first socket; each has an id of its own."""
    sender = Sender(user=who, name=who.capitalize(), connection=f"{who}-1")
    frame = json.dumps({"id": world.ids.new(), **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, sender, frame))
    return reply


def hear(world: World) -> None:
    """All that was ever stored is heard of, as by streams that begin at the beginning: events come at least once."""
    told = [events.of_row(item) for item in list(world.messages_table.items.values())]
    for event in (events.decode(event.body) for event in told if event):
        noting.note(world.accounts.office, event)
        match event:
            case events.MessagePosted():
                search.index(world.services.search_index, event)
                preview = events.preview(event)
                if preview:
                    world.services.rooms.show_latest(event.room, preview)
            case events.MessageDeleted():
                world.services.reactions.clear(event.room, event.seq)
                if event.media:
                    media.remove(world.files, event.media, event.objects)
                    world.purging.forget(event.objects)


def work_off(world: World) -> int:
    """Does what waits in the queue of jobs, and what that puts there, whatever it should wait for; how much it was."""
    done = 0
    while world.jobs_queue.bodies:
        jobs.work_off(world.accounts, world.jobs_queue.bodies.pop(0))
        done += 1
    return done
