"""Errors told apart by where they come from, whatever they say: what happens a thousand times is one fault."""

from __future__ import annotations

import hashlib
import traceback

OWN = frozenset({"chat", "functions"})
"""Packages whose frames tell where an error is from."""

INNERMOST = 3
"""Frames that count. Callers further out differ by what was asked, not by what is wrong."""


def fingerprint(error: BaseException) -> str:
    """12 hexadecimal digits of the error's type and of our own innermost frames.

    Lines don't count, so that a fault keeps its name when code above it changes.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    modules = [(str(frame.f_globals.get("__name__")), frame.f_code) for frame in frames]
    own = [f"{module}.{code.co_qualname}" for module, code in modules if module.partition(".")[0] in OWN]
    return hashlib.sha256("\n".join([type(error).__qualname__, *own[-INNERMOST:]]).encode()).hexdigest()[:12]
