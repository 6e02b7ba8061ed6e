"""A message of a hot room: it leaves word that its window has something in it, and no more.

Whoever claims the window has its tick enqueued, and marks it. Who finds it claimed and marked relies on that tick; who
finds it claimed and not marked does not know whether the other is still alive, and has another tick enqueued. So a
function may die anywhere between: no message waits for another to come.
"""

from __future__ import annotations

from chat.delivery.orders import Tick, enqueue
from chat.planning import Plan
from chat.services import Fanout


def claim(fanout: Fanout, room: str, planned: Plan, now_ms: int) -> None:
    """Sees to it that the window which this moment belongs to is ended by somebody (`chat.bursts`).

    One write unit; for who begins a window a queue call and another write. Raises `UnavailableError`.
    """
    window = fanout.windows.claim(room, now_ms, planned.window_ms)
    if window.enqueued:
        return
    digest = fanout.settings.known.digest_messages if planned.step == "digest" else 0
    tick = Tick(room, window.claimed_at_ms, window.until_ms, digest)
    # What the queue can wait out, in whole seconds, costs no time of the function that ends the window.
    enqueue(fanout.queue, [tick], delay_s=max(0, window.until_ms - now_ms) // 1_000)
    fanout.windows.mark_enqueued(room, window)
