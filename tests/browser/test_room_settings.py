"""A room for those who lead it, and what there is to see of it: settings, reports, who is online."""

from __future__ import annotations

from playwright.sync_api import expect

from local.browser import PATIENCE_MS
from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open, open_panel


def test_a_leader_sets_rules_and_decides_what_was_reported(stack: LocalStack, open_window: Open, room: str) -> None:
    with Client(stack.page_url, "Pia") as pia, Client(stack.page_url, "Host") as host:
        pia.call("join", room=room)
        sold = pia.call("send", room=room, text="Buy my book")["seq"]
        host.call("join", room=room)
        host.call("report", room=room, seq=sold, reason="An advertisement.")
        leader = open_window("Host")
        leader.enter(room)
        expect(leader.page.get_by_test_id("open-reports")).to_have_text("1", timeout=PATIENCE_MS)
        reports = open_panel(leader, "reports")
        expect(reports.get_by_test_id("reported-message")).to_contain_text("Buy my book")
        reports.get_by_test_id("verdict-remove").click()
        leader.page.get_by_test_id("confirm-verdict").click()
        expect(leader.page.get_by_test_id("tombstone")).to_be_visible(timeout=PATIENCE_MS)
        expect(leader.page.get_by_test_id("open-reports")).to_have_count(0, timeout=PATIENCE_MS)
        expect(reports.get_by_test_id("reported")).to_have_count(0)

        settings = open_panel(leader, "settings")
        settings.get_by_test_id("block-words").fill("bargain")
        settings.get_by_test_id("block-button").click()
        expect(settings.get_by_test_id("blocked-word")).to_have_text("bargain", timeout=PATIENCE_MS)
        settings.get_by_test_id("slow-mode").select_option("120")
        expect(settings.get_by_role("status")).to_contain_text("1 word")
        # What was decided and chosen shows before the server has it.
        for _ in range(60):
            reported, stored = host.call("reports", room=room)["reports"], host.call("settings", room=room)
            if stored["slow_mode_s"] and not reported:
                break
            leader.page.wait_for_timeout(500)
        assert (reported, stored["slow_mode_s"], stored["blocked_words"]) == ([], 120, ["bargain"])


def test_members_see_who_is_online_and_only_look_at_the_settings(
    stack: LocalStack, open_window: Open, room: str
) -> None:
    nina = open_window("Nina")
    nina.enter(room)
    with Client(stack.page_url, "Omar") as omar:
        omar.call("join", room=room)
        expect(nina.page.get_by_test_id("online-here")).to_have_attribute("data-online", "2", timeout=PATIENCE_MS)
        nina.page.get_by_test_id("open-people").click()
        other = nina.page.locator('[data-testid="person"][data-user="omar"]')
        expect(other).to_have_attribute("data-online", "true", timeout=PATIENCE_MS)
        expect(other).to_contain_text("Online")
    settings = open_panel(nina, "settings")
    expect(settings).to_contain_text("Only the owner and moderators can change these.")
    expect(settings.get_by_test_id("slow-mode")).to_have_text("Off", timeout=PATIENCE_MS)
    level = settings.get_by_test_id("alert-level")
    expect(level).to_have_value("mentions", timeout=PATIENCE_MS)
    with nina.page.expect_response("**/api/push/levels"):
        level.select_option("all")
    nina.page.reload()
    again = open_panel(nina, "settings").get_by_test_id("alert-level")
    expect(again).to_have_value("all", timeout=PATIENCE_MS)
