"""What differs between stages, as frozen and validated values: `-c stage=dev`. Knows nothing of CDK.

Deterministic: the same context gives the same values everywhere (only stage local looks at the machine, whose Python
and processor its functions run on), and nothing here calls a network.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from chat import words
from layers.build import LAMBDA_PYTHON

Architecture = Literal["arm64", "x86_64"]
Context = Callable[[str], Any]
"""Reads one value of the context; None where it has none."""

ROOT = Path(__file__).resolve().parent.parent
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 180, 365)
"""The periods that CloudWatch Logs takes, up to a year."""


class ConfigError(Exception):
    """The context asks for something that can't be deployed. The message says what to change."""


@dataclass(frozen=True)
class BuiltInIssuer:
    """Sign-in with a name and nothing else, by sessions that the stage signs itself. Never where users are real."""


@dataclass(frozen=True, kw_only=True)
class OpenIdConnect:
    """Sign-in by an issuer's tokens for `audience`."""

    issuer: str
    audience: str

    def __post_init__(self) -> None:
        _require_url("oidc_issuer", self.issuer, "https")
        if not self.audience:
            raise ConfigError("oidc_audience is empty.")


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
        return self.target.startswith("arn:") and ":lambda:" in self.target


@dataclass(frozen=True, kw_only=True)
class WalletSignIn:
    """Sign-in with an Ethereum wallet (EIP-4361), by messages that name one of these chains (EIP-155)."""

    chains: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.chains or min(self.chains) < 1:
            raise ConfigError("wallet_chains are whole numbers from 1 with commas between them, or `off`.")


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
class StageConfig:
    """One stage. The values of `local`, `dev` and `prod` are at the end of this module."""

    name: str
    sign_in: SignIn | None = None
    """None in a stage that must be told (`prod`), until it is."""
    python: str = LAMBDA_PYTHON
    architecture: Architecture = "arm64"
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
    site_files: Path | None = ROOT / "web" / "dist"
    """The built web client; None where something else uploads it."""
    alarm_email: str | None = None
    user_limit: UserLimit = UserLimit(rate=20, burst=200)
    blocked_words: tuple[str, ...] = ()
    """Words that no room of the stage takes, folded."""
    moderation: ModerationHook | None = None
    wallet: WalletSignIn | None = None

    def __post_init__(self) -> None:
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            raise ConfigError(f"CloudWatch Logs keeps logs for one of {LOG_RETENTION_DAYS} days.")
        if isinstance(self.sign_in, BuiltInIssuer) and self.name not in BUILT_IN_ISSUER_STAGES:
            raise ConfigError(
                f"Stage {self.name} must not use the built-in issuer, which lets everyone in under any name."
            )

    @property
    def issuer(self) -> OpenIdConnect | None:
        """The OpenID Connect issuer; None where the built-in one signs users in."""
        return self.sign_in if isinstance(self.sign_in, OpenIdConnect) else None

    @classmethod
    def from_context(cls, context: Context) -> StageConfig:
        """The stage that `context` names, with what else it says. Raises `ConfigError` with what to change."""
        name = context("stage")
        if name not in STAGES:
            raise ConfigError(
                f"Choose a stage with -c stage=NAME: {', '.join(STAGES)}" + (f"; not {name!r}." if name else ".")
            )
        stage = STAGES[name]
        stage = replace(
            stage,
            sign_in=_sign_in(stage, context),
            site_domain=_site_domain(context),
            alarm_email=context("alarm_email"),
            user_limit=_user_limit(stage, context),
            blocked_words=_blocked_words(context),
            moderation=_moderation(context),
            wallet=_wallet(stage, context),
        )
        return _localized(stage, context) if name == "local" else _with_site(stage, context)


def _sign_in(stage: StageConfig, context: Context) -> SignIn:
    issuer, audience = context("oidc_issuer"), context("oidc_audience")
    if issuer and audience:
        return OpenIdConnect(issuer=issuer, audience=audience)
    if issuer or audience:
        raise ConfigError("oidc_issuer and oidc_audience belong together: give both, or neither.")
    if stage.sign_in is None:
        raise ConfigError(
            f"Stage {stage.name} signs users in by OpenID Connect: say which with "
            "-c oidc_issuer=https://issuer.example.com -c oidc_audience=CLIENT_ID."
        )
    return stage.sign_in


def _user_limit(stage: StageConfig, context: Context) -> UserLimit:
    rate = _whole("user_rate", context("user_rate") or stage.user_limit.rate)
    return UserLimit(rate=rate, burst=_whole("user_burst", context("user_burst") or stage.user_limit.burst))


def _blocked_words(context: Context) -> tuple[str, ...]:
    given = [text for text in str(context("blocked_words") or "").split(",") if text.strip()]
    folded = {text: words.word(text) for text in given}
    if mistakes := [text for text, word in folded.items() if word is None]:
        raise ConfigError(f"blocked_words are single words with commas between them; not {', '.join(mistakes)}.")
    found = tuple(sorted({word for word in folded.values() if word}))
    if len(" ".join(found).encode()) > MAX_BLOCKED_WORDS_BYTES:
        raise ConfigError(f"blocked_words take at most {MAX_BLOCKED_WORDS_BYTES:,} bytes: use a moderation hook.")
    return found


def _moderation(context: Context) -> ModerationHook | None:
    target = context("moderation_hook")
    if not target:
        return None
    deadline_ms = context("moderation_deadline_ms")
    return ModerationHook(
        target=target,
        deadline_ms=_whole("moderation_deadline_ms", deadline_ms or ModerationHook.deadline_ms),
        failure=context("moderation_failure") or ModerationHook.failure,
    )


def _wallet(stage: StageConfig, context: Context) -> WalletSignIn | None:
    chains = context("wallet_chains")
    if not chains:
        return stage.wallet
    if chains == "off":
        return None
    return WalletSignIn(chains=tuple(_whole("wallet_chains", chain) for chain in str(chains).split(",")))


def _whole(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise ConfigError(f"{name} has a number that is none: {value!r}.") from error


def _site_domain(context: Context) -> SiteDomain | None:
    name, certificate = context("site_domain"), context("site_certificate_arn")
    if not name and not certificate:
        return None
    if not (name and certificate):
        raise ConfigError("site_domain and site_certificate_arn belong together: give both, or neither.")
    return SiteDomain(name=name, certificate_arn=certificate)


def _localized(stage: StageConfig, context: Context) -> StageConfig:
    """Stage local on this machine: the emulator runs functions on its own Python and processor."""
    websocket = context("websocket_endpoint")
    if not websocket:
        raise ConfigError("Stage local needs -c websocket_endpoint=ws://127.0.0.1:PORT, where its gateway listens.")
    machine = platform.machine().lower()
    return replace(
        stage,
        local=LocalEndpoints(
            websocket=websocket.rstrip("/"), site=(context("site_endpoint") or "").rstrip("/") or None
        ),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        architecture="arm64" if machine in {"arm64", "aarch64"} else "x86_64",
    )


def _with_site(stage: StageConfig, context: Context) -> StageConfig:
    files = Path(context("site_files") or stage.site_files or "")
    if not (files / "index.html").is_file():
        raise ConfigError(f"The web client is not built ({files.name}/index.html is missing): run `make build` first.")
    return replace(stage, site_files=files.resolve())


def _require_url(name: str, value: str, *schemes: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(
            f"{name} must be a URL with {' or '.join(f'{scheme}://' for scheme in schemes)}, not {value!r}."
        )


MIN_DEADLINE_MS, MAX_DEADLINE_MS = 50, 5_000
"""Of a moderation hook. The function that waits for it has 15 s for a whole frame."""

MAX_BLOCKED_WORDS_BYTES = 2_000
"""Functions are told through their environment, which takes 4 KB in all (Lambda quota)."""

TEST_CHAINS = (1, 11155111, 31337)
"""Ethereum, its test network Sepolia, and what development networks call themselves."""

BUILT_IN_ISSUER_STAGES = frozenset({"local", "dev"})

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
            wallet=WalletSignIn(chains=TEST_CHAINS),
            site_files=None,
        ),
        StageConfig(
            name="dev",
            sign_in=BuiltInIssuer(),
            keep_data=False,
            log_retention_days=14,
            websocket=Throttle(rate=500, burst=500),
            http=Throttle(rate=100, burst=200),
            held=Throttle(rate=5, burst=20),
            wallet=WalletSignIn(chains=TEST_CHAINS),
        ),
        # An account's default quota is 10,000 requests a second and a burst of 5,000 for all its APIs together, posts
        # to connections included (quotas L-8A5B8E43 and L-CDF5615A): the stage leaves the posts their part.
        StageConfig(
            name="prod",
            keep_data=True,
            log_retention_days=90,
            websocket=Throttle(rate=5_000, burst=3_000),
            http=Throttle(rate=1_000, burst=1_000),
            held=Throttle(rate=20, burst=100),
        ),
    )
}
