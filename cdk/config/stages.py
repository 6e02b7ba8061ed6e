"""The stages that there are, as far as the context says nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cdk.config.backups import Backups
from cdk.config.capacity import PRODUCTION, CapacityConfig, Range
from cdk.config.values import (
    BuiltInIssuer,
    CacheConfig,
    ConfigError,
    LocalEndpoints,
    MediaKeys,
    MediaScan,
    ModerationHook,
    OpenIdConnect,
    OtherAddresses,
    PushMessages,
    Rollout,
    SignIn,
    SiteDomain,
    SocketsHeld,
    Throttle,
    UploadQuota,
    UserLimit,
    Videos,
    WalletSignIn,
)
from chat.planning import Thresholds
from layers.build import LAMBDA_PYTHON

ROOT = Path(__file__).resolve().parents[2]
Architecture = Literal["arm64", "x86_64"]
Packaging = Literal["zip", "image"]

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 180, 365)
"""The periods that CloudWatch Logs takes, up to a year."""

MAX_DISABLE_DAYS = 30

BUILT_IN_ISSUER_STAGES = frozenset({"local", "dev"})

TEST_CHAINS = (1, 11155111, 31337)
"""Ethereum, its test network Sepolia, and what development networks call themselves."""

USER_LIMIT = UserLimit(rate=20, burst=200)
"""Of every stage that the context asks no other for."""

UPLOAD_QUOTA = UploadQuota(per_day=300, mb_per_day=3_000)
"""As above: a photo every five minutes, all day, or three of the largest videos."""


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One stage. The values of `local`, `dev` and `prod` are at the end of this module."""

    name: str
    sign_in: SignIn | None = None
    """None in a stage that must be told (`prod`), until it is."""
    python: str = LAMBDA_PYTHON
    architecture: Architecture = "arm64"
    packaging: Packaging = "zip"
    """How functions are uploaded: zips beside layers, or container images with the same in them."""
    keep_data: bool
    """Tables and media outlive their stack, and can't be deleted by mistake."""
    log_retention_days: int
    websocket: Throttle
    http: Throttle
    held: Throttle
    """Streams of events, each held by a function for up to 20 s: a rate of 20 is 400 functions running at once."""
    local: LocalEndpoints | None = None
    """Set in stage local only."""
    site_domain: SiteDomain | None = None
    addresses: OtherAddresses | None = None
    """None where the page has its own origin only."""
    site_files: Path | None = ROOT / "web" / "dist"
    """The built web client; None where something else uploads it."""
    alarm_email: str | None = None
    user_limit: UserLimit = USER_LIMIT
    blocked_words: tuple[str, ...] = ()
    """Words that no room of the stage takes, folded."""
    moderation: ModerationHook | None = None
    media_scan: MediaScan | None = None
    videos: Videos = field(default_factory=Videos)
    media_keys: MediaKeys = field(default_factory=MediaKeys)
    upload_quota: UploadQuota = UPLOAD_QUOTA
    purge_paths_per_day: int = 1_000
    """Paths that caches may be told to forget in a day (UTC): $5 at most."""
    wallet: WalletSignIn | None = None
    push: PushMessages = field(default_factory=PushMessages)
    webhook_disable_days: int = 5
    """A webhook of which nothing was taken for so long is sent nothing more."""
    fanout: str = ""
    """Thresholds of delivery that are not the defaults: `direct=50,coalesce=1000`."""
    sockets: SocketsHeld | None = None
    """None where nobody has said how many there are to be: then clients come back as those of a small stage do."""
    canary: bool = True
    """Whether the stage holds a conversation with itself each minute. On one machine: when somebody asks it to."""
    rollout: Rollout | None = None
    """None: no versions are published, the functions themselves are replaced."""
    measured_percent: int = 100
    """Pages out of a hundred that tell how they fare. Each is a request in five minutes, so a large stage asks few."""
    operators: tuple[str, ...] = ()
    """Ids of users who run the stage, beside those whose tokens say so."""
    capacity: CapacityConfig | None = None
    """None where everything is left to AWS' own scaling."""
    cache: CacheConfig | None = None
    """None where each function instance has its own memory only."""

    backups: Backups | None = None
    """None where nothing is kept beside the tables."""

    def __post_init__(self) -> None:
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            raise ConfigError(f"CloudWatch Logs keeps logs for one of {LOG_RETENTION_DAYS} days.")
        if not 2 <= self.webhook_disable_days <= MAX_DISABLE_DAYS:  # noqa: PLR2004 - a delivery is tried for more than one
            raise ConfigError(f"webhook_disable_days are 2 to {MAX_DISABLE_DAYS}.")
        if not 0 <= self.measured_percent <= 100:  # noqa: PLR2004 - per cent
            raise ConfigError("measured_percent is 0 to 100.")
        if self.addresses and not self.site_domain:
            raise ConfigError("addresses need site_domain: an API lets in the page of a host name, before it has one.")
        if self.packaging == "image" and self.local:
            raise ConfigError("Stage local runs functions as processes of this machine: packaging is zip there.")
        try:
            Thresholds.parse(self.fanout)
        except ValueError as error:
            raise ConfigError(f"fanout: {error}") from error
        if isinstance(self.sign_in, BuiltInIssuer) and self.name not in BUILT_IN_ISSUER_STAGES:
            raise ConfigError(
                f"Stage {self.name} must not use the built-in issuer, which lets everyone in under any name."
            )

    def pollers(self, queue: str) -> Range | None:
        """Those that are kept of a queue; None where Lambda scales them by itself."""
        return self.capacity.pollers.get(queue) if self.capacity else None

    @property
    def issuer(self) -> OpenIdConnect | None:
        """The OpenID Connect issuer; None where the built-in one signs users in."""
        return self.sign_in if isinstance(self.sign_in, OpenIdConnect) else None


STAGES = {
    stage.name: stage
    for stage in (
        StageConfig(
            name="local",
            sign_in=BuiltInIssuer(),
            keep_data=False,
            log_retention_days=1,
            websocket=Throttle(rate=10_000, burst=5_000),
            http=Throttle(rate=1_000, burst=1_000),
            held=Throttle(rate=100, burst=100),
            videos=Videos(transcoder="ffmpeg", max_minutes=10),
            wallet=WalletSignIn(chains=TEST_CHAINS),
            site_files=None,
            canary=False,
        ),
        StageConfig(
            name="dev",
            sign_in=BuiltInIssuer(),
            keep_data=False,
            log_retention_days=14,
            websocket=Throttle(rate=500, burst=500),
            http=Throttle(rate=100, burst=200),
            held=Throttle(rate=5, burst=20),
            rollout=Rollout(how="at-once"),
            wallet=WalletSignIn(chains=TEST_CHAINS),
        ),
        # An account's default quota is 10,000 requests a second and a burst of 5,000 for all its APIs together, posts
        # to connections included (quotas L-8A5B8E43 and L-CDF5615A): the stage leaves the posts their part.
        StageConfig(
            name="prod",
            keep_data=True,
            capacity=PRODUCTION,
            cache=CacheConfig(),
            backups=Backups(),
            log_retention_days=90,
            websocket=Throttle(rate=5_000, burst=3_000),
            http=Throttle(rate=1_000, burst=1_000),
            held=Throttle(rate=20, burst=100),
            measured_percent=5,
            rollout=Rollout(how="canary", minutes=5),
        ),
    )
}
