"""What the command line adds to a stage (`-c stage=dev -c alarm_email=…`): a reader for each value.

All values that a context may have are in `read_context` and in the functions that it calls.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from cdk.config.backups import Backups
from cdk.config.capacity import PRODUCTION, CapacityConfig
from cdk.config.stages import STAGES, Packaging, StageConfig
from cdk.config.values import (
    MAX_FFMPEG_MINUTES,
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
    UploadQuota,
    UserLimit,
    Videos,
    WalletSignIn,
)
from chat import words

Context = Callable[[str], Any]
"""Reads one value of the context; None where it has none."""

MAX_BLOCKED_WORDS_BYTES = 2_000
"""Functions are told through their environment, which takes 4 KB in all (Lambda quota)."""


def read_context(context: Context) -> StageConfig:
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
        addresses=_addresses(context),
        alarm_email=context("alarm_email"),
        user_limit=_user_limit(stage, context),
        blocked_words=_blocked_words(context),
        moderation=_moderation(context),
        media_scan=_media_scan(context),
        videos=_videos(stage, context),
        media_keys=_media_keys(stage, context),
        upload_quota=_upload_quota(stage, context),
        purge_paths_per_day=_purge_paths(stage, context),
        wallet=_wallet(stage, context),
        fanout=str(context("fanout") or stage.fanout),
        sockets=_sockets(context),
        operators=_operators(context),
        cache=_cache(stage, context),
        capacity=_capacity(stage, context),
        push=_push(context),
        rollout=_rollout(stage, context),
        backups=_backups(stage, context),
        packaging=_packaging(stage, context),
        canary=_switch("canary", context("canary"), stage.canary),
        webhook_disable_days=_whole(
            "webhook_disable_days", context("webhook_disable_days") or stage.webhook_disable_days
        ),
    )
    return _localized(stage, context) if name == "local" else _with_site(stage, context)


def _sign_in(stage: StageConfig, context: Context) -> SignIn:
    issuer, audience, others = context("oidc_issuer"), context("oidc_audience"), context("oidc_origins")
    origins = tuple(origin.strip() for origin in str(others or "").split(",") if origin.strip())
    if issuer and audience:
        return OpenIdConnect(issuer=issuer, audience=audience, origins=origins)
    if issuer or audience or origins:
        raise ConfigError(
            "oidc_issuer and oidc_audience belong together: give both, or neither. oidc_origins needs them."
        )
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


def _rollout(stage: StageConfig, context: Context) -> Rollout | None:
    wanted = context("rollout")
    if not wanted:
        return stage.rollout
    if stage.rollout is None:
        raise ConfigError(f"Stage {stage.name} has no rollout: its functions are replaced where they are.")
    return Rollout.parse(str(wanted))


def _media_scan(context: Context) -> MediaScan | None:
    target = context("media_scan")
    if not target:
        return None
    return MediaScan(
        target=target,
        deadline_ms=_whole("media_scan_deadline_ms", context("media_scan_deadline_ms") or MediaScan.deadline_ms),
        failure=context("media_scan_failure") or MediaScan.failure,
    )


def _videos(stage: StageConfig, context: Context) -> Videos:
    transcoder = context("video_transcoder") or stage.videos.transcoder
    if transcoder != "ffmpeg" and stage.name == "local":
        raise ConfigError("Stage local converts videos itself: AWS has no MediaConvert for it.")
    usual = MAX_FFMPEG_MINUTES if transcoder == "ffmpeg" else Videos.max_minutes
    return Videos(transcoder=transcoder, max_minutes=_whole("video_max_minutes", context("video_max_minutes") or usual))


def _upload_quota(stage: StageConfig, context: Context) -> UploadQuota:
    quota = stage.upload_quota
    return UploadQuota(
        per_day=_whole("uploads_per_day", context("uploads_per_day") or quota.per_day),
        mb_per_day=_whole("upload_mb_per_day", context("upload_mb_per_day") or quota.mb_per_day),
        max_mb=str(context("upload_max_mb") or quota.max_mb),
    )


def _purge_paths(stage: StageConfig, context: Context) -> int:
    paths = _whole("purge_paths_per_day", context("purge_paths_per_day") or stage.purge_paths_per_day)
    if paths < 1:
        raise ConfigError("purge_paths_per_day is 1 or more: what is deleted has to leave caches, too.")
    return paths


def _media_keys(stage: StageConfig, context: Context) -> MediaKeys:
    given = context("media_keys")
    if not given:
        return stage.media_keys
    signs, *others = (_whole("media_keys", each) for each in str(given).split(","))
    if len(others) > 1:
        raise ConfigError("media_keys are one number or two: while one key follows another, both are trusted.")
    return MediaKeys(signs=signs, trusted=others[0] if others else None)


def _wallet(stage: StageConfig, context: Context) -> WalletSignIn | None:
    chains = context("wallet_chains")
    if not chains:
        return stage.wallet
    if chains == "off":
        return None
    return WalletSignIn(chains=tuple(_whole("wallet_chains", chain) for chain in str(chains).split(",")))


def _push(context: Context) -> PushMessages:
    shown, contact, email = context("push_text") or "on", context("push_contact"), context("alarm_email")
    if shown not in {"on", "off"}:
        raise ConfigError("push_text is on or off.")
    return PushMessages(
        applications=tuple(arn.strip() for arn in str(context("push_applications") or "").split(",") if arn.strip()),
        shows_text=shown == "on",
        contact=contact or (f"mailto:{email}" if email else None),
    )


def _packaging(stage: StageConfig, context: Context) -> Packaging:
    named = context("packaging") or stage.packaging
    for packaging in get_args(Packaging):
        if named == packaging:
            return cast("Packaging", packaging)
    raise ConfigError(f"packaging is {' or '.join(get_args(Packaging))}, not {named!r}.")


def _switch(name: str, value: object, default: bool) -> bool:  # noqa: FBT001 - a stage's own
    if value not in {None, "", "on", "off"}:
        raise ConfigError(f"{name} is on or off, not {value!r}.")
    return value == "on" if value else default


def _cache(stage: StageConfig, context: Context) -> CacheConfig | None:
    switch, endpoint = str(context("cache") or ""), context("cache_endpoint")
    if switch not in {"", "on", "off"}:
        raise ConfigError(f"cache is on or off, not {switch!r}.")
    if endpoint and stage.name != "local":
        raise ConfigError("cache_endpoint is for stage local; other stages have a cache of their own with -c cache=on.")
    if switch == "on" and stage.name == "local" and not endpoint:
        raise ConfigError(
            "Stage local has no cache of its own: say where one listens with -c cache_endpoint=redis://…."
        )
    if switch == "off":
        return None
    if endpoint:
        return CacheConfig(endpoint=endpoint)
    return (stage.cache or CacheConfig()) if switch == "on" else stage.cache


def _backups(stage: StageConfig, context: Context) -> Backups | None:
    if stage.name == "local" and context("backups") == "on":
        raise ConfigError("Stage local has no AWS Backup: `make export STAGE=local` writes its tables to files.")
    wanted = _switch("backups", context("backups"), stage.backups is not None)
    lock, copy_to = context("backup_lock"), context("backup_copy_to")
    if not wanted:
        if lock or copy_to:
            raise ConfigError("backup_lock and backup_copy_to go with -c backups=on.")
        return None
    own = stage.backups or Backups(lock="off")
    return replace(own, lock=lock or own.lock, copy_to=copy_to or own.copy_to)


def _capacity(stage: StageConfig, context: Context) -> CapacityConfig | None:
    wanted = context("capacity")
    if wanted == "on" and stage.name == "local":
        raise ConfigError("Stage local keeps no capacity: the emulator has neither pollers nor environments that wait.")
    return (stage.capacity or PRODUCTION) if _switch("capacity", wanted, stage.capacity is not None) else None


def _sockets(context: Context) -> SocketsHeld | None:
    held, opened_per_s = context("sockets"), context("sockets_opened_per_s")
    if not held:
        if opened_per_s:
            raise ConfigError("sockets_opened_per_s says something beside sockets only: give that, too.")
        return None
    rate = _whole("sockets_opened_per_s", opened_per_s or SocketsHeld.opened_per_s)
    return SocketsHeld(held=_whole("sockets", held), opened_per_s=rate)


def _operators(context: Context) -> tuple[str, ...]:
    return tuple(user.strip() for user in str(context("operators") or "").split(",") if user.strip())


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


def _addresses(context: Context) -> OtherAddresses | None:
    origins = tuple(origin.strip() for origin in str(context("addresses") or "").split(",") if origin.strip())
    return OtherAddresses(origins=origins) if origins else None


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
