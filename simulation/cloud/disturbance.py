"""Where faults may strike. What strikes where is said by whoever runs the simulation; here nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Strike(Enum):
    """What becomes of a call that a function makes."""

    DIE_BEFORE = "its function dies before it"
    DIE_AFTER = "its function dies after it"
    REFUSED = "it is refused past the retries, and nothing has happened"
    UNHEARD = "it has happened, and its answer never comes"
    REPEATED = "its answer is lost, and the retry carries it out again"
    SLOW = "it takes very long"


class PostStrike(Enum):
    """What becomes of one post to a connection."""

    THROTTLED = 429
    FAILED = 500
    """Nothing was sent."""
    UNHEARD = 504
    """It was sent, and the answer says that it was not."""


@dataclass(frozen=True)
class Delay:
    """A body of a queue that comes later than usual."""

    duration_ms: int


class BodyStrike(Enum):
    """What becomes of one body that was put into a queue."""

    LOST = "lost"
    TWICE = "twice"


class Disturbance:
    """Nothing goes wrong that the models don't make go wrong by themselves (throttles, 410, stale reads)."""

    def call(self, function: str, service: str, operation: str) -> Strike | None:  # noqa: ARG002
        """Of a call that an invocation of `function` is about to make."""
        return None

    def post(self, connection: str) -> PostStrike | None:  # noqa: ARG002
        """Of one attempt of a post."""
        return None

    def body(self, queue: str) -> BodyStrike | Delay | None:  # noqa: ARG002
        """Of a body that was put into a queue."""
        return None

    def batch(self, stream: str) -> bool:  # noqa: ARG002
        """Whether a batch of a stream is handed out once more after it was worked off."""
        return False

    def tier(self) -> bool:
        """Whether the shared tier is out of reach."""
        return False
