"""A function instance: the modules that keep state in one are its own, and what they reach AWS by is simulated.

`chat.aws.wiring` remembers what it has put together for one instance: caches, token buckets, rates. Lambda has a
process for each; here each has a copy of that module and of its handler's, executed anew from the same compiled source.
What those import is handed to them by `Modules`: copies of each other, simulated adapters in the place of those that
call AWS, virtual time in the place of time, and the real module for all else.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from functools import cache
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

PACKAGES = frozenset({"chat", "chat.aws"})
"""Packages that copies are imported from by name: `from chat.aws import wiring`."""

OWN = frozenset({"chat.aws.accounts", "chat.aws.cache", "chat.aws.time_left", "chat.aws.wiring"})
"""Modules that each instance has a copy of, besides its handler's: they remember things, or what time it is."""

Handler = Callable[[Mapping[str, Any], object], Any]


class Modules:
    """One instance's modules. `replaced` are those that it gets instead of the real ones, by name."""

    __slots__ = ("_builtins", "_loaded", "_replaced")

    def __init__(self, replaced: Mapping[str, Any]) -> None:
        self._replaced = replaced
        self._loaded: dict[str, ModuleType] = {}
        self._builtins = {**vars(builtins), "__import__": self._import}

    def load(self, name: str) -> Any:  # noqa: ANN401 - a module, or what stands in its place
        """The module as this instance has it."""
        if name in self._replaced:
            return self._replaced[name]
        if name in OWN or name.startswith("functions."):
            return self._loaded.get(name) or self._execute(name)
        return importlib.import_module(name)

    def _execute(self, name: str) -> ModuleType:
        module = ModuleType(name)
        module.__dict__["__builtins__"] = self._builtins
        self._loaded[name] = module
        exec(_code(name), module.__dict__)  # noqa: S102 - the project's own source
        return module

    def _import(
        self,
        name: str,
        _globals: Mapping[str, Any] | None = None,
        _locals: Mapping[str, Any] | None = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:  # noqa: ANN401 - as `load`
        """What an import statement calls in a module of this instance. None of ours is relative."""
        if name in PACKAGES and fromlist:
            return SimpleNamespace(**{each: self.load(f"{name}.{each}") for each in fromlist})
        if name in self._replaced or name in OWN:
            return self.load(name)
        return builtins.__import__(name, _globals, _locals, fromlist or (), level)


@cache
def _code(name: str) -> CodeType:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    code: CodeType = spec.loader.get_code(name)  # type: ignore[attr-defined]  # source loaders have it
    return code
