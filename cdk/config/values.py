"""What a stage is described by: frozen values, each of which refuses what can't be deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from chat.media_kinds import parse_limits

MIN_DEADLINE_MS, MAX_DEADLINE_MS = 50, 5_000
"""Of a moderation hook. The function that waits for it has 15 s for a whole frame."""

MAX_SCAN_MS = 60_000
"""Of a scan of an image, which nobody's frame waits for."""

MAX_CACHE_GB = 5_000
MIN_ECPU, MAX_ECPU = 1_000, 15_000_000
"""Bounds of ElastiCache Serverless' own limits."""


CANARY_MINUTES, LINEAR_MINUTES = (5, 10, 15, 30), (1, 2, 3, 10)
"""What CodeDeploy has ready for Lambda: a tenth of the traffic for so long, or a tenth more each time."""


class ConfigError(Exception):
    """The context asks for something that can't be deployed. The message says what to change."""


@dataclass(frozen=True)
class BuiltInIssuer:
    """Sign-in with a name and nothing else, by sessions that the stage signs itself. Never where users are real."""


@dataclass(frozen=True, kw_only=True)
class OpenIdConnect:
    """Sign-in by an issuer's ID tokens for `audience`, which is this application's client id there."""

    issuer: str
    audience: str
    origins: tuple[str, ...] = ()
    """Where the issuer's endpoints are, besides its own origin: Cognito gives tokens out at a domain of their own."""

    def __post_init__(self) -> None:
        _require_url("oidc_issuer", self.issuer, "https")
        if not self.audience:
            raise ConfigError("oidc_audience is empty.")
        for origin in self.origins:
            _require_url("oidc_origins", origin, "https")
            if origin != origin_of(origin):
                raise ConfigError(f"oidc_origins are origins, such as {origin_of(origin)}; not {origin}.")

    @property
    def connects_to(self) -> tuple[str, ...]:
        """The origins that a page talks to when it signs in."""
        return (origin_of(self.issuer), *self.origins)


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


SignIn = BuiltInIssuer | OpenIdConnect


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """Requests that a stage of an API takes: a steady rate a second, and a burst above it."""

    rate: int
    burst: int

    def __post_init__(self) -> None:
        if self.rate < 1 or self.burst < 1:
            raise ConfigError(f"A throttle of {self.rate} a second and a burst of {self.burst} lets nothing through.")


@dataclass(frozen=True, kw_only=True)
class UserLimit:
    """Commands that one user may send: a steady rate a second, and how many at once."""

    rate: int
    burst: int

    def __post_init__(self) -> None:
        if self.rate < 1 or self.burst < 1:
            raise ConfigError("user_rate and user_burst are 1 or more: a user who may send nothing can't chat.")


@dataclass(frozen=True, kw_only=True)
class SocketsHeld:
    """Sockets that a stage is to hold, and new ones a second that its account takes: 500 unless quota L-9ED1E49A says
    more. From both follows how long clients wait that are all cut off at once.
    """

    held: int
    opened_per_s: int = 500

    def __post_init__(self) -> None:
        if self.held < 1 or self.opened_per_s < 1:
            raise ConfigError("sockets and sockets_opened_per_s are 1 or more.")


@dataclass(frozen=True, kw_only=True)
class ModerationHook:
    """A service of the operator's that is asked about each text before it is stored."""

    target: str
    """An `https://` URL, or the ARN of a Lambda function in the stage's own account and Region."""
    deadline_ms: int = 500
    """How long a message waits for a verdict."""
    failure: Literal["open", "closed"] = "open"
    """Without a verdict in time a text is taken (`open`) or refused (`closed`)."""

    def __post_init__(self) -> None:
        if not self.function:
            _require_url("moderation_hook", self.target, "https")
        if not MIN_DEADLINE_MS <= self.deadline_ms <= MAX_DEADLINE_MS:
            raise ConfigError(f"moderation_deadline_ms is {MIN_DEADLINE_MS} to {MAX_DEADLINE_MS}.")
        if self.failure not in {"open", "closed"}:
            raise ConfigError("moderation_failure is open or closed.")

    @property
    def function(self) -> bool:
        """Whether it is a Lambda function."""
        return _is_function(self.target)


@dataclass(frozen=True, kw_only=True)
class MediaScan:
    """A service of the operator's that is asked about each image before anybody sees it."""

    target: str
    """An `https://` URL, or the ARN of a Lambda function in the stage's own account and Region."""
    deadline_ms: int = 10_000
    failure: Literal["open", "closed"] = "closed"
    """Without a verdict in time, three times over, an image is taken (`open`, the first time) or refused (`closed`)."""

    def __post_init__(self) -> None:
        if not self.function:
            _require_url("media_scan", self.target, "https")
        if not MIN_DEADLINE_MS <= self.deadline_ms <= MAX_SCAN_MS:
            raise ConfigError(f"media_scan_deadline_ms is {MIN_DEADLINE_MS} to {MAX_SCAN_MS}.")
        if self.failure not in {"open", "closed"}:
            raise ConfigError("media_scan_failure is open or closed.")

    @property
    def function(self) -> bool:
        """Whether it is a Lambda function."""
        return _is_function(self.target)


@dataclass(frozen=True, kw_only=True)
class MediaKeys:
    """Numbers of the key pairs that access to media is signed with. CloudFront trusts both, one of them signs."""

    signs: int = 1
    trusted: int | None = None
    """Another one, while one follows the other; None at all other times."""

    def __post_init__(self) -> None:
        if min(self.numbers) < 1 or self.signs == self.trusted:
            raise ConfigError("media_keys are one number or two different ones, from 1: the one that signs first.")

    @property
    def numbers(self) -> tuple[int, ...]:
        """All of them, the one that signs first."""
        return (self.signs,) if self.trusted is None else (self.signs, self.trusted)


@dataclass(frozen=True, kw_only=True)
class UploadQuota:
    """What one user may upload in a day (UTC), and how large one file may be."""

    per_day: int
    mb_per_day: int
    max_mb: str = ""
    """Kinds of files of which the stage takes less than it could: `image=5`, in MiB."""

    def __post_init__(self) -> None:
        if self.per_day < 1 or self.mb_per_day < 1:
            raise ConfigError("uploads_per_day and upload_mb_per_day are 1 or more.")
        try:
            parse_limits(self.max_mb)
        except ValueError as error:
            raise ConfigError(f"upload_max_mb: {error}.") from error


Transcoder = Literal["mediaconvert", "ffmpeg"]

MAX_FFMPEG_MINUTES = 10
"""What a function of two cores converts within Lambda's quarter of an hour: measured in docs/performance.md."""

MAX_VIDEO_MINUTES = 120


@dataclass(frozen=True, kw_only=True)
class Videos:
    """Who converts videos, and how long they may be.

    `mediaconvert` is AWS Elemental MediaConvert, which not every Region has; `ffmpeg` a function of the stage's own.
    """

    transcoder: Transcoder = "mediaconvert"
    max_minutes: int = 60

    def __post_init__(self) -> None:
        if self.transcoder not in get_args(Transcoder):
            raise ConfigError(f"video_transcoder is {' or '.join(get_args(Transcoder))}, not {self.transcoder!r}.")
        most = MAX_FFMPEG_MINUTES if self.transcoder == "ffmpeg" else MAX_VIDEO_MINUTES
        if not 1 <= self.max_minutes <= most:
            raise ConfigError(f"video_max_minutes are 1 to {most} with {self.transcoder}.")


def _is_function(target: str) -> bool:
    return target.startswith("arn:") and ":lambda:" in target


@dataclass(frozen=True, kw_only=True)
class WalletSignIn:
    """Sign-in with an Ethereum wallet (EIP-4361), by messages that name one of these chains (EIP-155)."""

    chains: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.chains or min(self.chains) < 1:
            raise ConfigError("wallet_chains are whole numbers from 1 with commas between them, or `off`.")


@dataclass(frozen=True, kw_only=True)
class PushMessages:
    """How users who are away are told."""

    applications: tuple[str, ...] = ()
    """SNS platform applications of telephones, one a platform; none: only browsers are told."""
    shows_text: bool = True
    """Whether what was said leaves the stage."""
    contact: str | None = None
    """`mailto:` or `https:` of whom push services may turn to. Some refuse senders without one."""

    def __post_init__(self) -> None:
        platforms = [_platform(arn) for arn in self.applications]
        if None in platforms:
            raise ConfigError("push_applications are ARNs of SNS platform applications: APNS, APNS_SANDBOX or GCM.")
        if len({str(platform).removesuffix("_SANDBOX") for platform in platforms}) < len(platforms):
            raise ConfigError("push_applications have one application for each platform.")
        if self.contact is not None and not self.contact.startswith(("mailto:", "https://")):
            raise ConfigError("push_contact begins with mailto: or https://.")


def _platform(arn: str) -> str | None:
    """Of a platform application's ARN; None for what is none."""
    service, _, application = arn.partition(":app/")
    platform = application.partition("/")[0]
    known = service.startswith("arn:") and ":sns:" in service and platform in {"APNS", "APNS_SANDBOX", "GCM"}
    return platform if known and application.partition("/")[2] else None


@dataclass(frozen=True, kw_only=True)
class CacheConfig:
    """The cache that function instances share."""

    endpoint: str | None = None
    """`redis://host:port` of a server that runs already, in stage local; None: ElastiCache, in a VPC of its own."""
    max_gb: int = 5
    max_ecpu_per_s: int = 50_000
    """What it may grow to, by ElastiCache's units: a read or a write of up to 1 KB is one."""

    def __post_init__(self) -> None:
        if self.endpoint is not None:
            _require_url("cache_endpoint", self.endpoint, "redis", "rediss")
        if not 1 <= self.max_gb <= MAX_CACHE_GB or not MIN_ECPU <= self.max_ecpu_per_s <= MAX_ECPU:
            raise ConfigError(
                f"A cache has 1 to {MAX_CACHE_GB:,} GB, and {MIN_ECPU:,} to {MAX_ECPU:,} processing units a second."
            )


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """How functions go from one version to the next."""

    how: Literal["at-once", "canary", "linear"]
    """`canary`: a tenth of the traffic first, then all; `linear`: a tenth more each time."""
    minutes: int = 0
    """How long the first tenth takes, or each; 0 for all at once."""

    def __post_init__(self) -> None:
        known = {"at-once": (0,), "canary": CANARY_MINUTES, "linear": LINEAR_MINUTES}
        if self.minutes not in known.get(self.how, ()):
            ways = [f"{how}-{minutes}" if minutes else how for how, all_of in known.items() for minutes in all_of]
            raise ConfigError(f"rollout is one of {', '.join(ways)}.")

    @classmethod
    def parse(cls, text: str) -> Rollout:
        """`at-once`, `canary-5`, `linear-1`. Raises `ConfigError`."""
        if text == "at-once":
            return cls(how="at-once")
        how, _, minutes = text.partition("-")
        return cls(how=how, minutes=int(minutes) if minutes.isdecimal() else 0)  # type: ignore[arg-type]  # it checks

    @property
    def gradual(self) -> bool:
        """Whether old and new versions run side by side for a while."""
        return self.how != "at-once"


@dataclass(frozen=True, kw_only=True)
class LocalEndpoints:
    """Where stage local is reached, since no API Gateway gives it addresses."""

    websocket: str
    """`ws://host:port` of the WebSocket gateway."""
    site: str | None = None
    """Origin of the web page, for cross-origin uploads; None allows every origin."""

    def __post_init__(self) -> None:
        _require_url("websocket_endpoint", self.websocket, "ws", "wss")
        if self.site is not None:
            _require_url("site_endpoint", self.site, "http", "https")

    @property
    def connections(self) -> str:
        """The gateway's HTTP side."""
        return "http" + self.websocket.removeprefix("ws")


@dataclass(frozen=True, kw_only=True)
class SiteDomain:
    """A host name of one's own for the site, and its certificate in us-east-1, where CloudFront looks for it."""

    name: str
    certificate_arn: str

    def __post_init__(self) -> None:
        if not self.certificate_arn.startswith("arn:aws:acm:us-east-1:"):
            raise ConfigError("site_certificate_arn must name a certificate in us-east-1: CloudFront takes no other.")
        if "/" in self.name or "." not in self.name:
            raise ConfigError(f"site_domain is a host name such as chat.example.com, not {self.name!r}.")


@dataclass(frozen=True, kw_only=True)
class OtherAddresses:
    """Where the page asks when its own origin does not answer: `https://` origins, whose `/api` is the stage's.

    `wss://` ones, which may stand among them, are those of the sockets that they open.
    """

    origins: tuple[str, ...]

    def __post_init__(self) -> None:
        for origin in self.origins:
            _require_url("addresses", origin, "https", "wss")
            if origin != origin_of(origin):
                raise ConfigError(f"addresses are origins, such as {origin_of(origin)}; not {origin}.")
        if not self.asked:
            raise ConfigError("addresses name at least one https:// origin that the page can ask.")

    @property
    def asked(self) -> tuple[str, ...]:
        """Those that are asked, in this order."""
        return tuple(origin for origin in self.origins if origin.startswith("https://"))


def _require_url(name: str, value: str, *schemes: str) -> None:
    """Raises `ConfigError` for a value of the context that is no URL with one of the schemes."""
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(
            f"{name} must be a URL with {' or '.join(f'{scheme}://' for scheme in schemes)}, not {value!r}."
        )
