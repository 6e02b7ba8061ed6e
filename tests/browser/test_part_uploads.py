"""A large image sent from a page that is loaded again in the middle: the same file goes on where it was."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Request, Route, expect

from tests.browser.conftest import Open

WAIT_MS = 30_000


def test_a_large_image_goes_on_after_a_reload_when_it_is_chosen_again(
    open_window: Open, room: str, tmp_path: Path
) -> None:
    photo = tmp_path / "noise.png"
    Image.frombytes("RGB", (1_750, 1_700), os.urandom(3 * 1_750 * 1_700)).save(photo, compress_level=1)
    ada = open_window("Ada")
    ada.enter(room)
    sent: list[str] = []

    def arrived(request: Request) -> None:
        if request.method == "PUT":
            sent.append(request.url.partition("partNumber=")[2][0])

    def hold(route: Route) -> None:
        """The second part is on its way for ever."""
        if route.request.method != "PUT":
            route.continue_()

    ada.page.on("requestfinished", arrived)
    ada.page.route("**/uploads/**partNumber=2&**", hold)
    with ada.page.expect_event("requestfinished", lambda request: request.method == "PUT", timeout=WAIT_MS):
        ada.upload(photo)
    ada.page.unroute("**/uploads/**partNumber=2&**")
    ada.page.reload()
    expect(ada.page.get_by_text("Choose the same file to go on")).to_be_visible(timeout=WAIT_MS)
    ada.upload(photo)
    ada.thumbnail()
    assert sent.count("1") == 1
    expect(ada.page.get_by_test_id("upload")).to_have_count(0)
