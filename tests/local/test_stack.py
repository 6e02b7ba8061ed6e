"""The running stack: one origin for page, API and media; demo data that is made once; nothing left when it stops."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from local.client import Client, Refused
from local.demo import GENERAL, PRIVATE, create_demo
from local.endpoints import Endpoint
from local.errors import LocalError
from local.ports import Ports
from local.stack import LocalStack


def fetch(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # http
        return answer.headers["content-type"], answer.read()


def test_page_api_and_media_have_one_origin(stack: LocalStack, aws: Callable[[str], Any]) -> None:
    kind, page = fetch(f"{stack.page_url}/")
    assert kind.startswith("text/html")
    assert b"<div id=" in page
    _, config = fetch(f"{stack.page_url}/api/config")
    assert json.loads(config)["websocket_url"] == stack.websocket_url
    bucket = stack.outputs["MediaBucketName"]
    aws("s3").put_object(Bucket=bucket, Key="media/any/one/picture.webp", Body=b"webp", ContentType="image/webp")
    with Client(stack.page_url, "Ada") as ada:
        ada.call("create", title="Any", room="any")
        query = ada.media_access("any")
    assert fetch(f"{stack.page_url}/media/any/one/picture.webp?{query}") == ("image/webp", b"webp")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(f"{stack.page_url}/media/any/one/picture.webp")


def test_the_built_page_is_also_served_by_the_distribution(stack: LocalStack) -> None:
    host = {"host": stack.outputs["DistributionDomainName"]}
    asked = urllib.request.Request(f"{stack.endpoint_url}/", headers=host)  # noqa: S310  # http
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310  # http
        assert answer.read() == fetch(f"{stack.page_url}/")[1]


def test_the_http_api_has_an_address_without_the_page(stack: LocalStack) -> None:
    assert json.loads(fetch(f"{stack.api_url}/api/config")[1])["stage"] == "local"


def test_demo_rooms_are_made_once(stack: LocalStack) -> None:
    create_demo(stack.page_url)
    with Client(stack.page_url, "Ada") as ada:
        first = ada.call("history", room=GENERAL)
        assert {message["from"]["name"] for message in first["messages"]} >= {"Ada", "Grace"}
        assert create_demo(stack.page_url) is False
        assert ada.call("history", room=GENERAL) == first


def test_the_private_demo_room_is_private(stack: LocalStack) -> None:
    create_demo(stack.page_url)
    with Client(stack.page_url, "Mallory") as mallory:
        with pytest.raises(Refused):
            mallory.call("join", room=PRIVATE)
        assert PRIVATE not in {room["room"] for room in mallory.call("rooms")["rooms"]}


def test_a_stack_on_a_busy_port_does_not_start_and_leaves_nothing(stack: LocalStack) -> None:
    free = Ports.free()
    second = LocalStack(ports=replace(free, emulator=stack.ports.emulator))
    with pytest.raises(LocalError, match=rf"Port {stack.ports.emulator} .*the AWS emulator"):
        second.start()
    assert second.failed is None


def test_another_emulator_that_does_not_answer_is_explained() -> None:
    ports = Ports.free()
    stack = LocalStack(ports=ports, endpoint=Endpoint(f"http://127.0.0.1:{ports.emulator}"), page="none")
    with pytest.raises(LocalError, match="No AWS emulator answers"):
        stack.start()
