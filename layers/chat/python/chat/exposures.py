"""Who got which variant of a flag, and how long it took them: what variants are compared by.

An exposure is noted where the code goes one way or the other, not where it might have: somebody whose variant made no
difference says nothing about it. Exposures belong to what happens for one command, and go with its frame through the
delivery queue. Outside of a `scope` nothing is noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from chat import signals
from chat.flags import Flag, Subject, Variant, metric_of
from chat.storage.flag_rules import FlagRules

_current: ContextVar[dict[str, None] | None] = ContextVar("exposures", default=None)


@contextmanager
def scope(variants: Iterable[str] = ()) -> Iterator[None]:
    """What happens inside is one command's, or follows from those who got `variants`, as `current` gave them."""
    token = _current.set(dict.fromkeys(variants))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> list[str]:
    """The variants that were made a difference by, as metrics call them; to be carried on with a frame."""
    return list(_current.get() or ())


def expose(rules: FlagRules, flag: Flag[Variant], subject: Subject) -> Variant:
    """Which way to go, noted where others are compared with it. To be asked only where both ways can be gone."""
    choice = rules.choose(flag, subject)
    noted = _current.get()
    if choice.compared and noted is not None:
        name = metric_of(flag.name, choice.variant)
        signals.EXPOSURES.add(name not in noted, of=name)
        noted[name] = None
    return choice.variant


def acknowledged(elapsed_ms: float) -> None:
    """The command was carried out in that time."""
    for name in current():
        signals.VARIANT_ACK_LATENCY.observe(elapsed_ms, of=name)


def delivered(ages_ms: Sequence[int]) -> None:
    """Messages of the command were posted so long after they were stored."""
    for name in current():
        for age_ms in ages_ms:
            signals.VARIANT_DELIVERY_LATENCY.observe(age_ms, of=name)
