"""A tree of calls with their times, by `sys.setprofile`: exact in what is called how often.

Each call takes about a microsecond longer while it is watched, so what is short and called often looks longer than it
is. Sampling would not do that, and was tried: rounds alike meet the sampler's clock at the same places again and again,
and one run's hot spots were not the next one's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from local.paths import ROOT

MEMORY = str(ROOT / "simulation")
"""Whose code is one call a port: it stands in for AWS."""


@dataclass
class Call:
    """A function where it was called from. Times are seconds over all rounds, `own` without what it called."""

    name: str
    place: str
    total_s: float = 0.0
    own_s: float = 0.0
    calls: list[Call] = field(default_factory=list)
    times: int = 0
    """How often it was called, over all rounds."""

    @property
    def in_memory(self) -> bool:
        """Whether it stands in for AWS: what it takes is nobody's concern."""
        return self.name.startswith("[")


class CallTree:
    """Everything that was called below `root`, which is the handler."""

    def __init__(self, name: str, now_ns: Callable[[], int] = time.thread_time_ns) -> None:
        """`now_ns`: this thread's CPU, which other programs don't add to; the clock, where waiting is to be seen."""
        self.root = Call(name, "handle")
        self._now_ns = now_ns
        self._known: dict[tuple[int, object], Call] = {}
        self._open: list[tuple[Call, int]] = []
        self._hidden = 0
        """Calls under way inside of what stands in for AWS."""

    def watch(self, handle: Callable[[Any, Any], Any], event: Any, context: Any = None) -> None:  # noqa: ANN401
        """One invocation."""
        begun_ns = self._now_ns()
        self._open, self._hidden = [(self.root, begun_ns)], 0
        sys.setprofile(self._notice)
        try:
            handle(event, context)
        finally:
            sys.setprofile(None)
        self.root.times += 1
        self._add(self.root, self._now_ns() - begun_ns)

    def _notice(self, frame: FrameType, what: str, argument: Any) -> None:  # noqa: ANN401  # what sys.setprofile hands over
        if what == "call":
            self._enter(frame.f_code, None)
        elif what == "c_call":
            self._enter(frame.f_code, argument)
        else:
            self._leave()

    def _enter(self, code: CodeType, builtin: Any) -> None:  # noqa: ANN401  # any callable in C
        if self._hidden:
            self._hidden += 1
            return
        caller = self._open[-1][0]
        key = (id(caller), code if builtin is None else getattr(builtin, "__qualname__", repr(builtin)))
        call = self._known.get(key)
        if call is None:
            call = self._known[key] = _named(code, builtin)
            caller.calls.append(call)
        call.times += 1
        self._hidden = int(call.in_memory)
        self._open.append((call, self._now_ns()))

    def _leave(self) -> None:
        if self._hidden > 1:
            self._hidden -= 1
            return
        if len(self._open) > 1:  # the end of watching is a call, too
            self._hidden = 0
            call, begun_ns = self._open.pop()
            taken_ns = self._now_ns() - begun_ns
            self._add(call, taken_ns)
            self._open[-1][0].own_s -= taken_ns / 1e9

    @staticmethod
    def _add(call: Call, taken_ns: int) -> None:
        call.total_s += taken_ns / 1e9
        call.own_s += taken_ns / 1e9


def _named(code: CodeType, builtin: Any) -> Call:  # noqa: ANN401  # any callable in C
    if builtin is not None:
        return Call(getattr(builtin, "__qualname__", repr(builtin)), "in C")
    place = f"{'/'.join(Path(code.co_filename).parts[-3:])}:{code.co_firstlineno}"
    name = getattr(code, "co_qualname", code.co_name)
    return Call(f"[stage in memory] {name}" if code.co_filename.startswith(MEMORY) else name, place)
