"""The first words of a connection: who one is, and how to keep the connection well."""

from __future__ import annotations

import zlib

from chat.flags import FLAGS, Subject
from chat.ports import Sender
from chat.protocol import VERSION, Author, Hello, Ping, Pong, Ready, Reconnection
from chat.services import Services

HEARTBEAT_S = 240
"""Well inside API Gateway's 10 idle minutes, and rare enough to cost little: 417 a second of 100,000 sockets."""

ROTATE_FIRST_S, ROTATE_LAST_S = 3_600, 6_600
"""Sockets are opened anew between 60 and 110 minutes, uniformly, before API Gateway ends them at 2 h."""

RECONNECT = Reconnection(first_ms=500, most_ms=20_000)
"""Of a stage that has not said how many sockets it holds: whoever is cut off alone is back at once."""

MARGIN = 1.2
"""Sockets come back this much slower than they may be opened: others are opened, too."""


def window_for(sockets: int, opened_per_s: int) -> Reconnection:
    """The window in which so many sockets, all lost at once, are opened again without one being refused.

    `opened_per_s` is the account's quota of new connections. Whoever is refused begins again, for another ticket: with
    a first pause of half a second 4,000 sockets took 25 s and 14,000 attempts for what 10 s and 4,000 are enough for.
    The price is that somebody who was cut off alone waits as long: five seconds of those ten, on average.
    """
    first_ms = max(RECONNECT.first_ms, round(sockets / opened_per_s * 1_000 * MARGIN))
    return Reconnection(first_ms, max(first_ms, RECONNECT.most_ms))


def hello(services: Services, sender: Sender, command: Hello) -> Ready:
    """Half a read unit every 5 s at most, else nothing. What it says is for the life of the connection.

    Or until another Region takes over. Raises `ElsewhereError` where the client has been in an epoch that is not known
    here.
    """
    home = services.regions.homes.require_here(command.epoch) if services.regions else None
    spread = zlib.crc32(sender.connection.encode()) % (ROTATE_LAST_S - ROTATE_FIRST_S + 1)
    return Ready(
        version=VERSION,
        user=Author(sender.user, sender.name),
        connection=sender.connection,
        now_ms=services.clock.now_ms(),
        heartbeat_s=HEARTBEAT_S,
        rotate_after_s=ROTATE_FIRST_S + spread,
        reconnect=services.reconnection,
        variants=_variants(services, sender.user),
        epoch=home.epoch if home else 0,
    )


def _variants(services: Services, user: str) -> dict[str, str]:
    """Of flags that tell users apart, as the rules stand now."""
    services.flags.recall()
    dealt = [flag for flag in FLAGS.values() if flag.by == "user"]
    return {flag.name: services.flags.choose(flag, Subject(user)).variant.value for flag in dealt}


def ping(services: Services, _sender: Sender, _: Ping) -> Pong:
    """The server's clock."""
    return Pong(now_ms=services.clock.now_ms())
