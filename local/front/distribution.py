"""The deployed distribution as far as it decides what the front does: which paths are kept, how long, and for whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from local.front.cross_origin import CrossOrigin, read_cross_origin

if TYPE_CHECKING:
    from collections.abc import Container, Mapping


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long a behaviour keeps what its origin sends, in seconds."""

    least: int
    unsaid: int
    """Where the origin says nothing."""
    most: int

    @property
    def keeps(self) -> bool:
        """Whether anything is ever kept."""
        return self.most > 0


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What happens to the paths of one pattern."""

    pattern: str
    lifetimes: Lifetimes
    keys: Mapping[str, str] | None
    """Public keys (PEM) by id, one of which must have signed for the viewer; None for everybody."""
    compresses: bool
    cross_origin: CrossOrigin | None
    """What is told to other sites' scripts; None: nothing. The emulator adds the policy's other headers by itself."""

    def fits(self, path: str) -> bool:
        """Whether this path is meant."""
        return _glob(self.pattern).fullmatch(path) is not None


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Behaviours in their order, the default one last, and how long errors are kept, by status."""

    behaviours: tuple[Behaviour, ...]
    error_lives_s: Mapping[int, int]

    def behaviour_of(self, path: str) -> Behaviour:
        """The first that fits counts."""
        return next(each for each in self.behaviours if each.fits(path))


def read_distribution(cloudfront: Any, distribution_id: str) -> Distribution:  # noqa: ANN401  # boto3's client
    """As it is deployed now."""
    config = cloudfront.get_distribution_config(Id=distribution_id)["DistributionConfig"]
    listed = [*config["CacheBehaviors"].get("Items", []), {**config["DefaultCacheBehavior"], "PathPattern": "*"}]
    errors = config.get("CustomErrorResponses", {}).get("Items", [])
    return Distribution(
        behaviours=tuple(_behaviour(cloudfront, each) for each in listed),
        error_lives_s={int(each["ErrorCode"]): int(each.get("ErrorCachingMinTTL", 10)) for each in errors},
    )


def read_invalidations(cloudfront: Any, distribution_id: str, known: Container[str]) -> dict[str, list[str]]:  # noqa: ANN401
    """The paths of each invalidation that is not `known` yet, by its id."""
    listed = cloudfront.list_invalidations(DistributionId=distribution_id)["InvalidationList"].get("Items", [])
    return {each["Id"]: _paths(cloudfront, distribution_id, each["Id"]) for each in listed if each["Id"] not in known}


def _paths(cloudfront: Any, distribution_id: str, invalidation_id: str) -> list[str]:  # noqa: ANN401
    found = cloudfront.get_invalidation(DistributionId=distribution_id, Id=invalidation_id)["Invalidation"]
    paths: list[str] = found["InvalidationBatch"]["Paths"].get("Items", [])
    return paths


def _behaviour(cloudfront: Any, found: dict[str, Any]) -> Behaviour:  # noqa: ANN401
    policy = cloudfront.get_cache_policy(Id=found["CachePolicyId"])["CachePolicy"]["CachePolicyConfig"]
    trusted = found.get("TrustedKeyGroups", {}).get("Items", [])
    return Behaviour(
        pattern=found["PathPattern"],
        lifetimes=Lifetimes(least=policy["MinTTL"], unsaid=policy["DefaultTTL"], most=policy["MaxTTL"]),
        keys=_keys(cloudfront, trusted) if trusted else None,
        compresses=bool(found.get("Compress")) and _keyed_by_encoding(policy),
        cross_origin=_cross_origin(cloudfront, found.get("ResponseHeadersPolicyId")),
    )


def _keyed_by_encoding(policy: dict[str, Any]) -> bool:
    """Without it in the cache's key nothing is compressed, whatever the behaviour says."""
    return bool(policy.get("ParametersInCacheKeyAndForwardedToOrigin", {}).get("EnableAcceptEncodingGzip"))


def _cross_origin(cloudfront: Any, policy_id: str | None) -> CrossOrigin | None:  # noqa: ANN401
    if not policy_id:
        return None
    found = cloudfront.get_response_headers_policy(Id=policy_id)["ResponseHeadersPolicy"]
    return read_cross_origin(found["ResponseHeadersPolicyConfig"])


def _keys(cloudfront: Any, groups: list[str]) -> dict[str, str]:  # noqa: ANN401
    found = [cloudfront.get_key_group(Id=group)["KeyGroup"]["KeyGroupConfig"]["Items"] for group in groups]
    ids = [key for keys in found for key in keys]
    return {key: cloudfront.get_public_key(Id=key)["PublicKey"]["PublicKeyConfig"]["EncodedKey"] for key in ids}


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    """A path pattern may lack its first slash."""
    rooted = pattern if pattern.startswith(("/", "*")) else f"/{pattern}"
    return re.compile(re.escape(rooted).replace(r"\*", ".*").replace(r"\?", "."))
