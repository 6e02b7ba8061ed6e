"""Numbering, storing and delivering a message: what it touches, and what a function must be told for it.

What a function may do with it stands beside the function.
"""

from __future__ import annotations

from dataclasses import dataclass

from cdk.config import SocketsHeld
from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.websocket import WebSocket
from cdk.service.cache import SharedTier
from cdk.service.protection import Protection
from cdk.stacks.data import DataStack


@dataclass(frozen=True, kw_only=True)
class Posting:
    """All that a message comes by on its way. `delivery` takes what is left of the fan-out, `notices` what follows."""

    data: DataStack
    websocket: WebSocket
    delivery: WorkQueue
    notices: WorkQueue
    protection: Protection
    cache: SharedTier | None
    """For the function of commands, None where there is none."""
    fanout: str | None
    """Thresholds of delivery, as functions are told them."""
    sockets: SocketsHeld | None

    @property
    def settings(self) -> dict[str, str | None]:
        """For whoever posts messages."""
        return {
            "rooms_table": self.data.rooms.table_name,
            "messages_table": self.data.messages.table_name,
            "connections_table": self.data.connections.table_name,
            "connections_url": self.websocket.connections_url,
            "delivery_queue_url": self.delivery.queue.queue_url,
            "fanout": self.fanout,
            "sockets": str(self.sockets.held) if self.sockets else None,
            "sockets_opened_per_s": str(self.sockets.opened_per_s) if self.sockets else None,
            "notices_queue_url": self.notices.queue.queue_url,
            **self.protection.settings,
        }
