"""What a response headers policy has scripts of other sites told (Developer Guide, "CORS headers"). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYBODY = "*"


@dataclass(frozen=True, kw_only=True)
class CrossOrigin:
    """Who may read a behaviour's answers, and which of their headers."""

    origins: tuple[str, ...]
    exposed: tuple[str, ...]
    credentials: bool
    overrides: bool
    """Whether it stands in place of what the origin says."""

    def headers_for(self, asking: str, said: Mapping[str, str]) -> dict[str, str]:
        """What is added for a page of the origin `asking`, "" for who names none: then nothing is.

        `said` are the headers of the answer so far, names in small letters.
        """
        if not asking or not any(fnmatchcase(asking, each) for each in self.origins):
            return {}
        told = {"access-control-allow-origin": EVERYBODY if EVERYBODY in self.origins else asking}
        if self.exposed:
            told["access-control-expose-headers"] = ", ".join(self.exposed)
        if self.credentials:
            told["access-control-allow-credentials"] = "true"
        return {name: value for name, value in told.items() if self.overrides or name not in said}


def read_cross_origin(policy: Mapping[str, Any]) -> CrossOrigin | None:
    """From a `ResponseHeadersPolicyConfig`; None where it says nothing about other sites."""
    found = policy.get("CorsConfig")
    if not found:
        return None
    return CrossOrigin(
        origins=tuple(found["AccessControlAllowOrigins"]["Items"]),
        exposed=tuple(found.get("AccessControlExposeHeaders", {}).get("Items", [])),
        credentials=bool(found["AccessControlAllowCredentials"]),
        overrides=bool(found["OriginOverride"]),
    )
