"""What a stage may be, and what whoever asks for another is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from cdk.config import ROOT, STAGES, BuiltInIssuer, ConfigError, OpenIdConnect, StageConfig, Throttle, read_context
from local.endpoints import STACKS
from tests.infrastructure.assembly import DEV, LOCAL, PROD, Assembly, command_line_context, synthesize


def config(context: Mapping[str, Any], site_files: Path) -> StageConfig:
    return read_context({"site_files": str(site_files), **context}.get)


def without(context: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in context.items() if name != key}


MAX_RESOURCES = 460
"""A stack takes 500 (CloudFormation quota): what is being added needs room."""

APPLE = "arn:aws:sns:eu-west-1:123456789012:app/APNS/chat"

OWN = {**DEV, "site_domain": "chat.example.com", "site_certificate_arn": "arn:aws:acm:us-east-1:1:certificate/2"}

MISTAKES = {
    "no stage": ({}, "Choose a stage"),
    "a stage that is unknown": ({"stage": "qa"}, "local, dev, prod; not 'qa'"),
    "local without its gateway": ({"stage": "local"}, "websocket_endpoint=ws://"),
    "local with a gateway that is none": ({**LOCAL, "websocket_endpoint": "http://127.0.0.1"}, "ws:// or wss://"),
    "local with a page that is none": ({**LOCAL, "site_endpoint": "127.0.0.1:5173"}, "http:// or https://"),
    "prod without an issuer": ({"stage": "prod"}, "-c oidc_issuer="),
    "prod without an audience": (without(PROD, "oidc_audience"), "belong together"),
    "an issuer's address without an issuer": ({**DEV, "oidc_origins": "https://login.example.com"}, "belong together"),
    "an issuer's address that is no origin": (
        {**PROD, "oidc_origins": "https://login.example.com/token"},
        "are origins",
    ),
    "an issuer without TLS": ({**PROD, "oidc_issuer": "http://issuer.example.com"}, "https://"),
    "a domain without a certificate": ({**DEV, "site_domain": "chat.example.com"}, "belong together"),
    "a certificate in a Region that CloudFront can't see": (
        {**DEV, "site_domain": "chat.example.com", "site_certificate_arn": "arn:aws:acm:eu-west-1:1:certificate/2"},
        "us-east-1",
    ),
    "addresses without a domain of the page's own": (
        {**DEV, "addresses": "https://api.example.com"},
        "need site_domain",
    ),
    "an address that is no origin": ({**OWN, "addresses": "https://api.example.com/v1"}, "are origins"),
    "an address without TLS": ({**OWN, "addresses": "http://api.example.com"}, "https:// or wss://"),
    "addresses that nobody can ask": ({**OWN, "addresses": "wss://sockets.example.com"}, "at least one https://"),
    "a webhook that is disabled at once": ({**DEV, "webhook_disable_days": "1"}, "2 to 30"),
    "a webhook that is never disabled": ({**DEV, "webhook_disable_days": "ever"}, "none: 'ever'"),
    "push messages to what is no application": ({**DEV, "push_applications": "arn:aws:sns:x:1:topic"}, "APNS_SANDBOX"),
    "two applications of one platform": ({**DEV, "push_applications": f"{APPLE},{APPLE}"}, "one application for each"),
    "push messages that half show their text": ({**DEV, "push_text": "some"}, "on or off"),
    "a contact that is none": ({**DEV, "push_contact": "ops@example.com"}, "mailto: or https://"),
    "a canary that sings now and then": ({**DEV, "canary": "sometimes"}, "canary is on or off"),
    "backups now and then": ({**DEV, "backups": "sometimes"}, "backups is on or off"),
    "backups on one machine": ({**LOCAL, "backups": "on"}, "make export STAGE=local"),
    "a lock that is none": ({**PROD, "backup_lock": "strong"}, "off, governance or compliance"),
    "a lock on nothing": ({**DEV, "backup_lock": "governance"}, "go with -c backups=on"),
    "copies to what is no vault": ({**PROD, "backup_copy_to": "arn:aws:s3:::copies"}, "a vault's ARN"),
    "a cache that is half there": ({**DEV, "cache": "maybe"}, "on or off"),
    "a cache of somebody else's": ({**PROD, "cache_endpoint": "redis://cache.example.com"}, "stage local"),
    "local with a cache that it has not": (
        without({**LOCAL, "cache": "on"}, "cache_endpoint"),
        "cache_endpoint=redis://",
    ),
    "local with a cache that is none": ({**LOCAL, "cache_endpoint": "127.0.0.1:6380"}, "redis:// or rediss://"),
    "a capacity that is half there": ({**DEV, "capacity": "some"}, "capacity is on or off"),
    "local with a capacity that waits": ({**LOCAL, "capacity": "on"}, "keeps no capacity"),
    "a page that was not built": ({**DEV, "site_files": "/nowhere"}, "make build"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_what_to_change(mistake: str, site_files: Path) -> None:
    context, told = MISTAKES[mistake]
    with pytest.raises(ConfigError) as refused:
        config(context, site_files)
    assert told in str(refused.value)


def test_the_built_in_issuer_is_refused_in_prod() -> None:
    with pytest.raises(ConfigError, match="built-in issuer"):
        replace(STAGES["prod"], sign_in=BuiltInIssuer())


def test_the_built_in_issuer_is_refused_in_every_stage_that_is_not_named_as_safe() -> None:
    with pytest.raises(ConfigError, match="built-in issuer"):
        replace(STAGES["dev"], name="staging")


def test_any_stage_may_sign_users_in_by_open_id_connect(site_files: Path) -> None:
    issuer = OpenIdConnect(issuer="https://issuer.example.com", audience="chat")
    found = config({**DEV, "oidc_issuer": issuer.issuer, "oidc_audience": issuer.audience}, site_files)
    assert found.issuer == issuer


def test_the_page_may_also_ask_an_issuer_that_gives_tokens_out_elsewhere(site_files: Path) -> None:
    pool, login = "https://cognito-idp.eu-west-1.amazonaws.com", "https://chat.auth.eu-west-1.amazoncognito.com"
    said = {**PROD, "oidc_issuer": f"{pool}/eu-west-1_4f1", "oidc_origins": login}
    issuer = config(said, site_files).issuer
    assert issuer
    assert issuer.connects_to == (pool, login)


def test_a_stage_can_not_be_changed_after_it_was_checked() -> None:
    with pytest.raises(FrozenInstanceError):
        STAGES["prod"].keep_data = False  # type: ignore[misc]


def test_a_retention_that_cloudwatch_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigError, match="CloudWatch Logs"):
        replace(STAGES["dev"], log_retention_days=10)


def test_a_throttle_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(ConfigError, match="lets nothing through"):
        Throttle(rate=0, burst=1)


@pytest.mark.parametrize("context", [{"stage": "qa"}, {"stage": "prod"}, {}])
def test_the_command_line_shows_one_message_and_no_stack_trace(context: dict[str, str], tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "CDK_CONTEXT_JSON": json.dumps({**command_line_context(), **context}),
        "CDK_OUTDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "cdk.app"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.strip().startswith("This stage can't be synthesized:")


def test_synthesis_is_deterministic(local: Assembly, tmp_path: Path, site_files: Path) -> None:
    again = synthesize(LOCAL, tmp_path, site_files)
    assert again.templates == local.templates


def test_templates_belong_to_no_account_or_region(dev: Assembly) -> None:
    manifest = json.loads((dev.outdir / "manifest.json").read_text())
    environments = {
        found["environment"] for found in manifest["artifacts"].values() if found["type"] == "aws:cloudformation:stack"
    }
    assert environments == {"aws://unknown-account/unknown-region"}


def test_stacks_are_named_by_stage_and_content(stage: Assembly) -> None:
    manifest = json.loads((stage.outdir / "manifest.json").read_text())
    stacks = {name for name, found in manifest["artifacts"].items() if found["type"] == "aws:cloudformation:stack"}
    own = {"backups", "cache"} if stage.stage == "prod" else set()
    assert stacks == {f"chat-{stage.stage}-{name}" for name in {*STACKS, *own}}


def test_no_stack_is_near_what_cloudformation_takes(stage: Assembly) -> None:
    resources = {name: len(template["Resources"]) for name, template in stage.templates.items()}
    assert max(resources.values()) <= MAX_RESOURCES, resources


def test_the_service_can_be_deployed_whatever_operators_have(stage: Assembly) -> None:
    manifest = json.loads((stage.outdir / "manifest.json").read_text())
    needed = manifest["artifacts"][f"chat-{stage.stage}-service"]["dependencies"]
    assert not {f"chat-{stage.stage}-{later}" for later in ("operations", "edge", "observability")} & set(needed)


def test_no_other_stack_imports_what_every_change_of_the_code_replaces(stage: Assembly) -> None:
    exports = [output for template in stage.templates.values() for output in template.get("Outputs", {}).values()]
    exported = {json.dumps(output["Value"]) for output in exports if "Export" in output}
    layers = {layer.logical_id for layer in stage.of_type("Lambda::LayerVersion")}
    assert exported
    assert not [value for value in exported if any(layer in value for layer in layers)]


def test_in_prod_the_data_stack_can_not_be_deleted_by_mistake(prod: Assembly, dev: Assembly) -> None:
    for assembly, protected in ((prod, True), (dev, False)):
        manifest = json.loads((assembly.outdir / "manifest.json").read_text())
        properties = manifest["artifacts"][f"chat-{assembly.stage}-data"]["properties"]
        assert properties.get("terminationProtection", False) is protected
