"""Telephones: who may do what with the platform applications that a stage names, and who is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infrastructure.assembly import DEV, Assembly, synthesize
from tests.infrastructure.test_permissions import PERMISSIONS, permissions

APPLE = "arn:aws:sns:eu-west-1:123456789012:app/APNS/chat"
GOOGLE = "arn:aws:sns:eu-west-1:123456789012:app/GCM/chat"
TELEPHONES = {f"{arn.replace(':app/', ':endpoint/')}/*" for arn in (APPLE, GOOGLE)}
SETTINGS = {"push_applications": f"{APPLE},{GOOGLE}", "push_text": "off", "alarm_email": "ops@example.com"}


@pytest.fixture(scope="module")
def telephones(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Stage dev with applications of both platforms, and messages without their text."""
    return synthesize({**DEV, **SETTINGS}, tmp_path_factory.mktemp("telephones"), site_files)


@pytest.mark.parametrize(
    ("handler", "applications", "endpoints"),
    [
        (
            "connect.push_subscriptions",
            {"sns:CreatePlatformEndpoint"},
            {"sns:SetEndpointAttributes", "sns:DeleteEndpoint"},
        ),
        ("message.push", set(), {"sns:Publish", "sns:DeleteEndpoint"}),
        ("ops.account_jobs", set(), {"sns:DeleteEndpoint"}),
    ],
)
def test_a_function_may_do_with_telephones_what_it_needs(
    telephones: Assembly, handler: str, applications: set[str], endpoints: set[str]
) -> None:
    granted = permissions(telephones, handler)
    known = {resource: set(actions.split()) for resource, actions in PERMISSIONS[handler].items()}
    expected = dict.fromkeys(TELEPHONES, endpoints) | (
        dict.fromkeys((APPLE, GOOGLE), applications) if applications else {}
    )
    assert granted == {**known, **expected}


def test_no_other_function_may_do_anything_with_them(telephones: Assembly) -> None:
    allowed = {"connect.push_subscriptions", "message.push", "ops.account_jobs"}
    for handler in set(telephones.functions()) - allowed:
        assert not set(permissions(telephones, handler)) & {APPLE, GOOGLE, *TELEPHONES}, handler


def test_functions_are_told_of_the_applications_and_what_may_leave_the_stage(telephones: Assembly) -> None:
    told = telephones.functions()["message.push"]["Environment"]["Variables"]
    assert told["CHAT_PUSH_APPLICATIONS"] == f"{APPLE},{GOOGLE}"
    assert told["CHAT_PUSH_HIDE_TEXT"] == "yes"
    assert told["CHAT_PUSH_CONTACT"] == "mailto:ops@example.com"


def test_without_applications_nobody_may_do_anything_with_telephones(dev: Assembly) -> None:
    for handler in dev.functions():
        assert not any("endpoint" in resource for resource in permissions(dev, handler))
