"""Filter patterns of Lambda's event source mappings, as far as this service uses them: which records a function gets.

A pattern is read from the deployed mapping, so that whoever hands a function its records again hands it no others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


class UnknownFilterError(ValueError):
    """A deployed filter has a rule that is not known here, so that nobody can say what a function is to get."""


def patterns_of(mapping: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The patterns of a mapping as Lambda's API describes it. Without any, a function gets everything."""
    return [json.loads(each["Pattern"]) for each in mapping.get("FilterCriteria", {}).get("Filters", [])]


def lets_through(patterns: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> bool:
    """Whether any pattern fits, or there is none. Raises `UnknownFilterError` for a rule that is not known here."""
    return not patterns or any(_fits(pattern, record) for pattern in patterns)


def _fits(pattern: Mapping[str, Any], value: Any) -> bool:  # noqa: ANN401  # JSON
    """All keys of a pattern must fit; a list has the alternatives for one value."""
    if not isinstance(value, Mapping):
        return False
    for key, wanted in pattern.items():
        found = value.get(key)
        if isinstance(wanted, Mapping):
            if not _fits(wanted, found):
                return False
        elif not any(_is(rule, found) for rule in wanted):
            return False
    return True


def _is(rule: Any, value: Any) -> bool:  # noqa: ANN401  # JSON
    if not isinstance(rule, Mapping):
        return bool(rule == value)
    if rule.keys() == {"prefix"}:
        return isinstance(value, str) and value.startswith(rule["prefix"])
    if rule.keys() == {"exists"}:
        return (value is not None) is rule["exists"]
    raise UnknownFilterError(
        f"The deployed filter has the rule {json.dumps(rule)}, which `chat.aws.dead_letters.filters` does not know: "
        "it can't be said which records the function is to get again. Nothing was done with the letter."
    )
