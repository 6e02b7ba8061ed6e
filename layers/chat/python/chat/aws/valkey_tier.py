"""The shared tier on Valkey, behind `chat.caching.shared.Shared`: its commands, and a breaker before them.

A server that is away costs three time limits, and then nothing until it is tried again; what it costs is counted.
Every command is about one key, so that it does not matter on which part of a cluster each of them lies.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chat.aws.valkey import Valkey, ValkeyError
from chat.aws.valkey_protocol import Argument, Refusal, Reply
from chat.caching.breaker import Breaker
from chat.caching.counts import Counts
from chat.caching.shared import Answer, Value
from chat.ports import Clock

LOG = "log"
AT_ONCE = 100
"""Commands in one round trip: with the largest values these are 2 MB, with ordinary ones 20 KB."""

logger = logging.getLogger(__name__)


class ValkeyTier:
    """One stage's part of one server: all of its keys begin with `prefix`. See `Shared` for what each method does."""

    def __init__(self, valkey: Valkey, prefix: str, clock: Clock, counts: Counts) -> None:
        self._valkey = valkey
        self._prefix = prefix
        self._clock = clock
        self._counts = counts
        self.breaker = Breaker()

    def read(self, keys: Sequence[str], *, log: bool = False) -> Answer | None:
        """A GET for each key, and LRANGE for the log."""
        commands: list[Sequence[Argument]] = [("GET", self._key(key)) for key in keys]
        if log:
            commands.append(("LRANGE", self._key(LOG), 0, -1))
        replies = self._run(*commands)
        if replies is None:
            return None
        lines = replies.pop() if log else []
        bodies = [reply if isinstance(reply, bytes) else None for reply in replies]
        return Answer(bodies, [line for line in lines if isinstance(line, bytes)] if isinstance(lines, list) else ())

    def write(self, values: Sequence[Value]) -> bool:
        """A SET for each value."""
        return self._all([("SET", self._key(each.key), each.body, "PX", max(1, each.life_ms)) for each in values])

    def drop(self, keys: Sequence[str]) -> bool:
        """An UNLINK for each key."""
        return self._all([("UNLINK", self._key(key)) for key in keys])

    def claim(self, key: str, life_ms: int) -> bool:
        """SET NX."""
        replies = self._run(("SET", self._key(key), 1, "NX", "PX", life_ms))
        return replies is None or replies[0] is not None

    def count(self, key: str, life_ms: int) -> int:
        """SET NX, so that the count ends by itself, and INCR."""
        name = self._key(key)
        replies = self._run(("SET", name, 0, "NX", "PX", life_ms), ("INCR", name))
        return replies[1] if replies and isinstance(replies[1], int) else 0

    def append(self, line: bytes, *, life_ms: int, most: int, over: bytes) -> bool:
        """RPUSH; a log that has grown too long is replaced."""
        log = self._key(LOG)
        replies = self._run(("RPUSH", log, line), ("PEXPIRE", log, life_ms))
        if replies is None or not isinstance(replies[0], int):
            return False
        if replies[0] <= most:
            return True
        # `over` is added before anything is taken away, so that there is no moment without either.
        return self._run(("RPUSH", log, over), ("LTRIM", log, -1, -1)) is not None

    def _key(self, key: str) -> str:
        return f"{self._prefix}:{key}"

    def _all(self, commands: Sequence[Sequence[Argument]]) -> bool:
        parts = [commands[at : at + AT_ONCE] for at in range(0, len(commands), AT_ONCE)]
        return all(self._run(*part) is not None for part in parts)

    def _run(self, *commands: Sequence[Argument]) -> list[Reply] | None:
        """The replies, None where there are none, or where one of the commands was refused."""
        if not commands:
            return []
        now_ms = self._clock.now_ms()
        if not self.breaker.allows(now_ms):
            self._counts.add_event("skipped")
            return None
        try:
            replies = self._valkey.run(*commands)
        except ValkeyError as error:
            self._fail(str(error))
            return None
        refusal = next((reply for reply in replies if isinstance(reply, Refusal)), None)
        if refusal is not None:
            self._valkey.close()  # a server that is loading, full or not ours says so to every command
            self._fail(str(refusal))
            return None
        if self.breaker.succeed():
            self._counts.add_event("closed")
            logger.info("cache in reach again")
        return replies

    def _fail(self, reason: str) -> None:
        self._counts.add_event("failed")
        if self.breaker.fail(self._clock.now_ms()):
            self._counts.add_event("opened")
            logger.warning("cache out of reach, going on without it", extra={"reason": reason})
