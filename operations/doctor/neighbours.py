"""What a stage's configuration names outside of it: the issuer of its tokens, the moderation hook, the cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from operations.doctor.findings import Finding, failed, ok
from operations.doctor.reaching import UnreachableError, document_at, ping, status_of

if TYPE_CHECKING:
    from cdk.config import StageConfig

SERVER_ERROR = 500
NEEDED = ("issuer", "jwks_uri")
"""Of a discovery document (OpenID Connect Discovery 1.0, section 3)."""


def look(config: StageConfig) -> Iterator[Finding]:
    """Each that the stage names."""
    if config.issuer:
        yield issuer(config.issuer.issuer)
    if config.moderation and not config.moderation.function:
        yield hook(config.moderation.target)
    if config.cache and config.cache.endpoint:
        yield cache(config.cache.endpoint)


def issuer(url: str) -> Finding:
    """An issuer describes itself, by the name that its tokens have."""
    place = f"{url.rstrip('/')}/.well-known/openid-configuration"
    try:
        told = document_at(place)
        document_at(str(told.get("jwks_uri")))
    except UnreachableError as error:
        return failed("issuer", f"{place}: {error}", "say another with oidc_issuer=…, or mend the way there")
    missing = [name for name in NEEDED if not told.get(name)]
    if missing:
        return failed("issuer", f"{place} has no {', '.join(missing)}", "say with oidc_issuer=… who issues the tokens")
    if told["issuer"] != url:
        return failed("issuer", f"it calls itself {told['issuer']}, not {url}", f"oidc_issuer={told['issuer']}")
    return ok("issuer", f"{url} describes itself, and shows its keys")


def hook(url: str) -> Finding:
    """Somebody is there. What a hook says to what it is not asked for is its own business."""
    try:
        found = status_of(url)
    except UnreachableError as error:
        return failed("moderation hook", f"{url}: {error}", "mend the way there, or take moderation_hook away")
    if found >= SERVER_ERROR:
        return failed("moderation hook", f"{url} answers {found}", "look into the hook's own log")
    return ok("moderation hook", f"{url} answers")


def cache(url: str) -> Finding:
    """A cache of stage local."""
    try:
        ping(url)
    except UnreachableError as error:
        return failed("cache", f"{url}: {error}", "start it, or say another with cache_endpoint=redis://…")
    return ok("cache", f"{url} says PONG")
