"""API Gateway for crowds: what a client is sent costs no event of its own.

A light client does nothing when a frame comes but count it. So it is told of the frame when it leaves, together with
the moment at which it will arrive; order, latency and throttles are those of `simulation.cloud.gateway`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chat.planning import frames_of
from simulation.capacity.crowd import Client
from simulation.cloud.gateway import Gateway, Socket

if TYPE_CHECKING:
    from simulation.cloud.cloud import Cloud


class FrontDoor(Gateway):
    """Counts what is billed, besides."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.billed_in = 0
        """Frames that came in, by 32 KB."""
        self.billed_out = 0
        self.bytes_out = 0

    def _integrate(self, name: str, event: dict[str, Any], then: Callable[..., None]) -> None:  # type: ignore[override]
        self.billed_in += frames_of(len(event.get("body") or ""))
        super()._integrate(name, event, then)

    def _downwards(self, socket: Socket, hear: Callable[..., None], what: object) -> None:
        if not isinstance(what, str):
            super()._downwards(socket, hear, what)
            return
        self.billed_out += frames_of(len(what))
        self.bytes_out += len(what)
        socket.downwards_us = max(socket.downwards_us, self.cloud.scheduler.now_us + self._network_us())
        listener = socket.listener
        if isinstance(listener, Client):
            listener.heard(what, socket.downwards_us)
        else:
            self.cloud.scheduler.at(socket.downwards_us, self._hear, socket, hear, what)
