"""The operators' console on the running stack: every panel, and what operators change with it."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from chat.aws.dead_letters.hops import Hop
from local.deployment import OPERATOR
from local.paths import ROOT
from local.stack import LocalStack
from operations.stage import Stage
from tests.browser.test_first_load import get

WAIT_MS = 30_000
AXE = ROOT / "node_modules/axe-core/axe.min.js"
BUDGET_KB = 250
"""Scripts and styles of the console's first view, compressed."""

PANELS = (
    "health",
    "alarms",
    "metrics",
    "queues",
    "scaling",
    "cache",
    "lookup",
    "flags",
    "cost",
    "infrastructure",
    "audit",
)


@pytest.fixture(scope="module")
def console(stack: LocalStack, browser: Browser, evidence: Path) -> Iterator[Page]:
    """A window in which an operator is signed in; nothing in it may complain."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, stack, OPERATOR)
    expect(page.get_by_test_id("me")).to_have_attribute("data-user", OPERATOR, timeout=WAIT_MS)
    yield page
    evidence.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=evidence / "console.png")
    page.context.close()
    assert complaints == []


def sign_in(page: Page, stack: LocalStack, name: str) -> None:
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{stack.page_url}/console")
    page.get_by_test_id("sign-in-name").fill(name)
    page.get_by_test_id("sign-in-button").click()


def show(console: Page, panel: str) -> None:
    """Opens a panel by its link; returns once it has what it shows."""
    console.locator(f'nav a[href="#/{panel}"]').click()
    expect(console.locator(f'[data-panel="{panel}"]')).to_be_visible()
    expect(console.get_by_text("Loading …")).to_have_count(0, timeout=WAIT_MS)


def give_reason(console: Page, reason: str, confirm: str) -> None:
    """Fills in the open dialog, and waits until what it asks for is done."""
    dialog = console.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=confirm, exact=True)).to_be_disabled()
    dialog.get_by_role("textbox").last.fill(reason)
    dialog.get_by_role("button", name=confirm, exact=True).click()
    expect(dialog).to_have_count(0, timeout=WAIT_MS)


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on what is shown now."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def test_every_panel_has_what_it_shows_and_is_accessible(console: Page) -> None:
    console.add_script_tag(path=AXE)
    wrong: dict[str, list[str]] = {}
    for panel in PANELS:
        show(console, panel)
        wrong[panel] = [*console.get_by_role("alert").all_inner_texts(), *violations(console)]
    assert wrong == {panel: [] for panel in PANELS}
    show(console, "metrics")
    console.get_by_label("Dashboard").select_option("data")
    expect(console.get_by_role("img", name=re.compile("Time of a call"))).to_be_visible(timeout=WAIT_MS)
    show(console, "audit")
    console.get_by_role("button", name="Verify it").click()
    expect(console.get_by_test_id("chain")).to_contain_text("none is broken", timeout=WAIT_MS)


def test_a_change_of_how_the_stage_scales_is_previewed_put_in_force_and_taken_back(console: Page) -> None:
    show(console, "scaling")
    before = console.get_by_test_id("scaling-version").inner_text()
    console.get_by_label("Messages in a digest").fill("19")
    console.get_by_role("button", name="Preview the change").click()
    expect(console.get_by_role("dialog")).to_contain_text("A room of", timeout=WAIT_MS)
    give_reason(console, "a shorter digest", "Put it in force")
    version = console.get_by_test_id("scaling-version")
    expect(version).to_contain_text("“a shorter digest”", timeout=WAIT_MS)
    expect(console.get_by_label("Messages in a digest")).to_have_value("19")
    number = int((re.search(r"\d+", before) or ["0"])[0])
    console.get_by_role("button", name=f"Go back to {number}", exact=True).click()
    give_reason(console, "long enough as it was", "Put it in force")
    expect(version).to_contain_text("“long enough as it was”", timeout=WAIT_MS)
    expect(console.get_by_label("Messages in a digest")).to_have_value("20")


def test_an_alarm_is_taken_on_and_its_dead_letter_redriven(console: Page, aws: Callable[[str], Any]) -> None:
    hop = Stage("local", aws).hop("jobs")
    sqs, mark = aws("sqs"), uuid.uuid4().hex
    mapping = mapping_of(hop, aws)
    aws("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        sqs.send_message(QueueUrl=hop.queue, MessageBody=json.dumps({"id": mark}))
        take_on(console, hop.queue.rpartition("/")[2], aws)
        show(console, "queues")
        console.get_by_role("button", name="Open jobs", exact=True).click()
        expect(console.get_by_text(mark)).to_be_visible(timeout=WAIT_MS)
        console.get_by_label("Only those with this text").fill(mark)
        console.get_by_role("button", name="Redrive …").click()
        expect(console.get_by_role("dialog")).to_contain_text("1 of 1 letters are meant", timeout=WAIT_MS)
        give_reason(console, "the cause is mended", "Redrive")
        expect(console.get_by_test_id("treated")).to_contain_text("1 redriven", timeout=WAIT_MS)
        received = sqs.receive_message(QueueUrl=hop.to, WaitTimeSeconds=5)["Messages"]
        assert [json.loads(each["Body"])["id"] for each in received] == [mark]
    finally:
        for url in (hop.queue, hop.to):
            sqs.purge_queue(QueueUrl=url)
        aws("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    show(console, "audit")
    expect(console.get_by_role("cell", name="the cause is mended")).to_be_visible(timeout=WAIT_MS)


def mapping_of(hop: Hop, aws: Callable[[str], Any]) -> str:
    """By which the queue that letters go back to is worked off."""
    attributes = aws("sqs").get_queue_attributes(QueueUrl=hop.to, AttributeNames=["QueueArn"])["Attributes"]
    (mapping,) = aws("lambda").list_event_source_mappings(EventSourceArn=attributes["QueueArn"])["EventSourceMappings"]
    return str(mapping["UUID"])


def take_on(console: Page, queue: str, aws: Callable[[str], Any]) -> None:
    """Acknowledges the alarm on a queue as soon as it is on."""
    pages = aws("cloudwatch").get_paginator("describe_alarms").paginate()
    among = [{"Name": "QueueName", "Value": queue}]
    (name,) = [each["AlarmName"] for page in pages for each in page["MetricAlarms"] if each.get("Dimensions") == among]
    show(console, "alarms")
    alarm = console.locator(f'[data-alarm="{name}"]')
    for _ in range(60):
        if alarm.count():
            break
        console.wait_for_timeout(500)
        console.get_by_role("button", name="Refresh").click()
    alarm.get_by_role("button", name="Runbook: dead-letters").click()
    expect(console.get_by_role("dialog")).to_contain_text("dead letters", timeout=WAIT_MS)
    console.get_by_role("button", name="Close").click()
    alarm.get_by_role("button", name="Take it on").click()
    give_reason(console, "looking into it", "Take it on")
    expect(alarm.get_by_test_id("acknowledged")).to_contain_text("looking into it", timeout=WAIT_MS)


def test_who_is_no_operator_is_told_so(stack: LocalStack, browser: Browser) -> None:
    page = browser.new_context().new_page()
    sign_in(page, stack, "Ada")
    expect(page.get_by_test_id("refused")).to_contain_text("no operator", timeout=WAIT_MS)
    page.context.close()


def test_the_console_is_loaded_within_its_budget(stack: LocalStack) -> None:
    named = re.findall(r'(?:src|href)="(/assets/[^"]+\.(?:js|css))"', get(f"{stack.page_url}/console").decode())
    assert any("console" in name for name in named)
    assert sum(len(gzip.compress(get(stack.page_url + name))) for name in named) <= BUDGET_KB * 1_000
