"""Stages that ask for more: a moderation hook, blocked words, other limits, wallets beside an issuer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cdk.config import (
    STAGES,
    ConfigError,
    ModerationHook,
    SocketsHeld,
    StageConfig,
    UserLimit,
    WalletSignIn,
    read_context,
)
from tests.infrastructure.assembly import DEV, LOCAL, PROD, Assembly, synthesize
from tests.infrastructure.test_hops import machine_definition
from tests.infrastructure.test_permissions import PERMISSIONS, ROOMS, SECRET, UPLOADS, permissions

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:check"
SCANNER = "arn:aws:lambda:eu-west-1:123456789012:function:scan"
SCAN_SECRET = "{media/MediaScanSecret}"
HOOK_SECRET = "{service/ModerationSecret}"
ASKING = ("message.command", "message.http_command")
WALLETS = ("connect.wallet_nonces", "connect.wallet_sessions")


@pytest.fixture(scope="module")
def with_http_hook(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Stage prod with all of it."""
    wanted = {
        "moderation_hook": "https://hook.example.com/check",
        "blocked_words": "Spam,Straße",
        "media_scan": "https://scan.example.com",
        "wallet_chains": "1,10",
    }
    return synthesize({**PROD, **wanted}, tmp_path_factory.mktemp("http-hook"), site_files)


@pytest.fixture(scope="module")
def with_function(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Stage dev with a Lambda function as its hook, and without wallets."""
    wanted = {
        "moderation_hook": FUNCTION,
        "moderation_failure": "closed",
        "media_scan": SCANNER,
        "media_scan_failure": "open",
        "wallet_chains": "off",
        "user_rate": "5",
        "sockets": "4000",
    }
    return synthesize({**DEV, **wanted}, tmp_path_factory.mktemp("function-hook"), site_files)


def environment(assembly: Assembly, handler: str) -> dict[str, Any]:
    found: dict[str, Any] = assembly.functions()[handler]["Environment"]["Variables"]
    return found


def test_an_http_hook_has_a_secret_that_only_those_who_ask_it_read(with_http_hook: Assembly) -> None:
    readers = {handler for handler in with_http_hook.functions() if HOOK_SECRET in permissions(with_http_hook, handler)}
    assert readers == set(ASKING)
    told = environment(with_http_hook, "message.command")
    assert (told["CHAT_MODERATION_HOOK"], told["CHAT_MODERATION_DEADLINE_MS"], told["CHAT_MODERATION_FAILURE"]) == (
        "https://hook.example.com/check",
        "500",
        "open",
    )
    assert told["CHAT_BLOCKED_WORDS"] == "spam strasse"


def test_a_function_as_hook_may_be_invoked_by_those_who_ask_it_and_has_no_secret(with_function: Assembly) -> None:
    for handler in with_function.functions():
        expected = {"lambda:InvokeFunction"} if handler in ASKING else None
        assert permissions(with_function, handler).get(FUNCTION) == expected
    told = environment(with_function, "message.command")
    assert (told["CHAT_MODERATION_FAILURE"], told["CHAT_USER_RATE_PER_S"]) == ("closed", "5")
    assert "CHAT_MODERATION_SECRET_ARN" not in told
    assert (told["CHAT_SOCKETS"], told["CHAT_SOCKETS_OPENED_PER_S"]) == ("4000", "500")


def test_images_are_scanned_between_their_inspection_and_their_variants(
    with_http_hook: Assembly, with_function: Assembly, dev: Assembly
) -> None:
    for assembly in (with_http_hook, with_function):
        states = machine_definition(assembly)["States"]
        assert (states["Inspect"]["Next"], states["Scan"]["Next"]) == ("Scan", "Kind")
        assert states["Scan"]["Parameters"] == {"key.$": "$.detail.object.key", "inspected.$": "$.inspected"}
        assert states["Scan"]["Catch"][-1]["Next"] == "Reject"
        assert assembly.functions()["media.scan"]["Timeout"] == 25
    assert "media.scan" not in dev.functions()


def test_a_scan_may_show_its_hook_the_upload_and_nothing_else(
    with_http_hook: Assembly, with_function: Assembly
) -> None:
    shared = {ROOMS: {"dynamodb:GetItem"}, UPLOADS: {"s3:GetObject"}}
    asking = permissions(with_http_hook, "media.scan")
    assert asking == {**shared, SCAN_SECRET: {"secretsmanager:GetSecretValue"}}
    assert permissions(with_function, "media.scan") == {**shared, SCANNER: {"lambda:InvokeFunction"}}
    told = environment(with_http_hook, "media.scan")
    assert (told["CHAT_MEDIA_SCAN"], told["CHAT_MEDIA_SCAN_FAILURE"]) == ("https://scan.example.com", "closed")
    assert environment(with_function, "media.scan")["CHAT_MEDIA_SCAN_FAILURE"] == "open"


def test_wallets_sign_in_beside_an_issuer_where_the_stage_says_so(with_http_hook: Assembly) -> None:
    for handler in WALLETS:
        expected = {resource: set(actions.split()) for resource, actions in PERMISSIONS[handler].items()}
        assert permissions(with_http_hook, handler) == expected
    told = environment(with_http_hook, "connect.tickets")
    assert {"CHAT_OIDC_ISSUER", "CHAT_SESSION_SECRET_ARN", "CHAT_WALLET_CHAINS"} <= set(told)
    assert SECRET in permissions(with_http_hook, "connect.tickets")
    assert "connect.sessions" not in with_http_hook.functions()


def test_wallets_can_be_kept_out(with_function: Assembly) -> None:
    assert not set(WALLETS) & set(with_function.functions())


def config(context: Mapping[str, Any], site_files: Path) -> StageConfig:
    return read_context({"site_files": str(site_files), **context}.get)


MISTAKES = {
    "a hook without TLS": ({"moderation_hook": "http://hook.example.com"}, "https://"),
    "a hook that is no function": ({"moderation_hook": "arn:aws:sns:eu-west-1:1:topic"}, "https://"),
    "a deadline that is none": ({"moderation_hook": FUNCTION, "moderation_deadline_ms": "soon"}, "'soon'"),
    "a deadline that is too long": ({"moderation_hook": FUNCTION, "moderation_deadline_ms": "60000"}, "50 to 5000"),
    "a failure that is neither": ({"moderation_hook": FUNCTION, "moderation_failure": "ajar"}, "open or closed"),
    "two blocked words in one": ({"blocked_words": "spam,two words"}, "not two words"),
    "more words than fit": ({"blocked_words": ",".join(f"word{n}" for n in range(500))}, "2,000 bytes"),
    "a chain that is none": ({"wallet_chains": "1,ether"}, "'ether'"),
    "chain zero": ({"wallet_chains": "0"}, "whole numbers from 1"),
    "a scan without TLS": ({"media_scan": "http://scan.example.com"}, "https://"),
    "a scan that takes too long": ({"media_scan": SCANNER, "media_scan_deadline_ms": "60001"}, "50 to 60000"),
    "a scan's failure that is neither": ({"media_scan": SCANNER, "media_scan_failure": "ajar"}, "open or closed"),
    "a user who may upload nothing": ({"uploads_per_day": "-1"}, "1 or more"),
    "a stage that tells caches nothing": ({"purge_paths_per_day": "0"}, "1 or more"),
    "images larger than functions can work with": ({"upload_max_mb": "image=11"}, "1 to 10 MiB"),
    "a user who may send nothing": ({"user_rate": "-1"}, "1 or more"),
    "a stage that holds nobody": ({"sockets": "-1"}, "1 or more"),
    "a quota for nobody": ({"sockets_opened_per_s": "500"}, "sockets only"),
    "thresholds of delivery that make no sense": ({"fanout": "direct=1"}, "direct is 10 to 1000"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_what_to_change(mistake: str, site_files: Path) -> None:
    context, told = MISTAKES[mistake]
    with pytest.raises(ConfigError) as refused:
        config({**PROD, **context}, site_files)
    assert told in str(refused.value)


def test_what_is_off_by_default_is_off(site_files: Path) -> None:
    for context in (LOCAL, DEV, PROD):
        stage = config(context, site_files)
        assert (stage.moderation, stage.blocked_words) == (None, ())
        assert (stage.user_limit, stage.sockets) == (UserLimit(rate=20, burst=200), None)
        assert (stage.wallet is None) == (stage.name == "prod")


def test_a_stage_is_told_all_it_asks_for(site_files: Path) -> None:
    wanted = {"moderation_hook": FUNCTION, "moderation_deadline_ms": "200", "moderation_failure": "closed"}
    limits = {"user_rate": 5, "user_burst": "50", "wallet_chains": 10, "sockets": "4000"}
    stage = config({**PROD, **wanted, **limits}, site_files)
    assert stage.sockets == SocketsHeld(held=4_000, opened_per_s=500)
    assert stage.moderation == ModerationHook(target=FUNCTION, deadline_ms=200, failure="closed")
    assert (stage.user_limit, stage.wallet) == (UserLimit(rate=5, burst=50), WalletSignIn(chains=(10,)))
    assert STAGES["prod"].wallet is None
