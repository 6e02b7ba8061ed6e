"""How the chat page fares in a room of 10,000 messages: `make bench-page`, or fewer with `ARGS="--messages 1000"`.

Opens the real page, as it is built, in headless Chromium, with a server in the page's own memory that answers after
40 ms (`web/gallery/longRoom.tsx`). Reads the room by wheel up to its beginning and back, then by keyboard, then has
messages come in. Each part is a row: frames as the page's own `requestAnimationFrame` sees them, tasks of more than
50 ms, layout shifts whoever caused them. Prints a table, and writes `build/page-bench.json` and
`build/page-trace.json`, which the performance panel of a browser opens.

A machine without a graphics card paints with the processor that runs the page: absolute figures are this machine's.
The run fails where something moved under its reader or was not shown, and never for how long anything took.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from loadtest.report import machine
from local.browser import PATIENCE_MS, open_browser
from local.gallery import gallery

OUTPUT = Path("build")
WINDOW = {"width": 1280, "height": 800}
MOST_S = 300
"""Of one part; a page that needs longer is broken rather than slow."""
WHEEL_PX = 1_200
CATEGORIES = ("devtools.timeline", "disabled-by-default-devtools.timeline", "loading", "v8")
WORK = {
    "style and layout": {"UpdateLayoutTree", "Layout", "PrePaint"},
    "paint": {"Paint", "Layerize", "Commit"},
    "garbage": {"MinorGC", "MajorGC"},
}
"""Of the main thread's tasks: what the trace calls it. The rest is the page's own code."""

WATCH = """() => {
  window.watched = { frames: [], longMs: [], shifts: [] };
  const tick = (at) => { window.watched.frames.push(at); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: false });
  watch("longtask", ({ duration }) => window.watched.longMs.push(duration));
  watch("layout-shift", ({ value }) => window.watched.shifts.push(value));
}"""
TAKE = """() => {
  const { watched } = window;
  window.watched = { frames: watched.frames.slice(-1), longMs: [], shifts: [] };
  return watched;
}"""
PLACE = """() => {
  const log = document.querySelector("[data-testid=log]");
  const isBegun = document.querySelector(".log__begins") !== null;
  return { above: log.scrollTop, below: log.scrollHeight - log.scrollTop - log.clientHeight, isBegun };
}"""


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody did, and how the page kept up. Times are milliseconds between two frames."""

    what: str
    seconds: float
    frames_per_s: float
    p50_ms: float
    p95_ms: float
    most_ms: float
    long_tasks: int
    """Of more than 50 ms, in which the page answers nobody."""
    long_ms: float
    shift: float
    """The sum of all layout shifts' scores."""


def quantile(values: Iterable[float], share: float) -> float:
    """The value that this share of them does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def judge(what: str, watched: dict[str, list[float]]) -> Part:
    """A part's figures from what the page has seen of itself."""
    frames = watched["frames"]
    between_ms = [after - before for before, after in itertools.pairwise(frames)]
    seconds = sum(between_ms) / 1_000
    return Part(
        what=what,
        seconds=seconds,
        frames_per_s=len(between_ms) / seconds if seconds else 0.0,
        p50_ms=quantile(between_ms, 0.5),
        p95_ms=quantile(between_ms, 0.95),
        most_ms=max(between_ms, default=0.0),
        long_tasks=len(watched["longMs"]),
        long_ms=sum(watched["longMs"]),
        shift=sum(watched["shifts"]),
    )


def until(is_so: Callable[[], bool], act: Callable[[], None], what: str) -> None:
    """Does it again and again; raises TimeoutError where it leads nowhere."""
    ends_s = time.monotonic() + MOST_S
    while not is_so():
        if time.monotonic() > ends_s:
            message = f"{what}: not done after {MOST_S} s"
            raise TimeoutError(message)
        act()


def read_up(page: Page) -> None:
    """By wheel, through all of the history, which comes page by page."""
    page.mouse.move(640, 400)
    until(lambda: is_at_beginning(page), lambda: page.mouse.wheel(0, -WHEEL_PX), "reading up")


def is_at_beginning(page: Page) -> bool:
    """Nothing is older than what is in view."""
    place = page.evaluate(PLACE)
    return bool(place["isBegun"]) and place["above"] <= 0


def read_down(page: Page) -> None:
    """By wheel, to the newest; all of it is in the page's memory by now."""
    until(lambda: page.evaluate(PLACE)["below"] < 1, lambda: page.mouse.wheel(0, WHEEL_PX), "reading down")


def read_by_keyboard(page: Page) -> None:
    """Whole windows up, from message to message, to the beginning and to the end."""
    page.get_by_test_id("log").focus()
    for key, times in (("PageUp", 60), ("ArrowUp", 60), ("ArrowDown", 60), ("Home", 1), ("PageDown", 60), ("End", 1)):
        for _ in range(times):
            page.keyboard.press(key)
            page.wait_for_timeout(16)


def listen(page: Page) -> None:
    """Somebody says a hundred things, twenty a second, and each is shown."""
    until(lambda: page.evaluate(PLACE)["below"] < 1, lambda: page.keyboard.press("End"), "going to the end")
    for _ in range(100):
        page.evaluate("() => window.say()")
        page.wait_for_timeout(50)
    if page.evaluate(PLACE)["below"] > 1:
        message = "the newest message is not in view"
        raise AssertionError(message)


PARTS: tuple[tuple[str, Callable[[Page], None]], ...] = (
    ("wheel, up to the beginning", read_up),
    ("wheel, down to the end", read_down),
    ("keyboard", read_by_keyboard),
    ("100 messages come in", listen),
)


@contextmanager
def traced(browser: Browser, page: Page, path: Path) -> Iterator[None]:
    """Writes what Chromium did meanwhile."""
    browser.start_tracing(page=page, path=path, categories=list(CATEGORIES))
    yield
    browser.stop_tracing()


def held(session: CDPSession, page: Page) -> dict[str, float]:
    """What the page holds in the end, after whatever nobody needs is thrown away."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {it["name"]: it["value"] for it in session.send("Performance.getMetrics")["metrics"]}
    rows = page.locator(".log__row").count()
    return {"nodes": metrics["Nodes"], "heap_mb": metrics["JSHeapUsedSize"] / 1e6, "rows": float(rows)}


def work(trace: dict[str, Any]) -> dict[str, float]:
    """Seconds of the page's main thread, by kind."""
    events = trace["traceEvents"]
    named = [it for it in events if it.get("name") == "thread_name" and it["args"].get("name") == "CrRendererMain"]
    threads = {(it["pid"], it["tid"]) for it in named}
    spent_s: defaultdict[str, float] = defaultdict(float)
    for event in events:
        if (event["pid"], event["tid"]) in threads and event.get("ph") == "X":
            spent_s[event["name"]] += event.get("dur", 0) / 1e6
    by_kind = {kind: sum(spent_s[name] for name in names) for kind, names in WORK.items()}
    return {**by_kind, "all tasks": spent_s["RunTask"]}


def measure(messages: int) -> dict[str, Any]:
    """The whole report; raises AssertionError where a message that came is not shown."""
    trace = OUTPUT / "page-trace.json"
    with gallery() as url, open_browser() as browser:
        page = browser.new_page(viewport=WINDOW)  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(f"{url}/long-room.html?messages={messages}")
        page.get_by_test_id("message").last.wait_for()
        page.evaluate(WATCH)
        parts = []
        with traced(browser, page, trace):
            for what, act in PARTS:
                act(page)
                parts.append(judge(what, page.evaluate(TAKE)))
                print(f"{parts[-1].seconds:5.0f} s  {what}", file=sys.stderr, flush=True)
        figures = held(session, page)
        chromium = browser.version
    spent_s = work(json.loads(trace.read_bytes()))
    where = {**machine(), "chromium": chromium, "load": os.getloadavg()[0]}
    return {
        "messages": messages,
        "machine": where,
        "parts": [asdict(it) for it in parts],
        "held": figures,
        "work_s": spent_s,
    }


def as_text(report: dict[str, Any]) -> str:
    """The report to read, as rows of Markdown."""
    lines = [
        "| | s | frames/s | p50 / p95 / max ms | long tasks | layout shift |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for part in (Part(**it) for it in report["parts"]):
        times = f"{part.p50_ms:.1f} / {part.p95_ms:.1f} / {part.most_ms:.0f}"
        tasks = f"{part.long_tasks}, {part.long_ms:,.0f} ms"
        lines.append(
            f"| {part.what} | {part.seconds:.1f} | {part.frames_per_s:.1f} | {times} | {tasks} | {part.shift:g} |"
        )
    kept, spent_s = report["held"], report["work_s"]
    lines += [
        "",
        f"{kept['rows']:.0f} rows, {kept['nodes']:,.0f} DOM nodes, {kept['heap_mb']:.0f} MB of JavaScript's heap.",
        "Of the main thread: " + ", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in spent_s.items()) + ".",
    ]
    return "\n".join(lines)


def main() -> int:
    """0, or 1 where something moved on the page."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.page_bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--messages", type=int, default=10_000, help="in the room (default: %(default)s)")
    arguments = parser.parse_args()
    OUTPUT.mkdir(exist_ok=True)
    report = measure(arguments.messages)
    (OUTPUT / "page-bench.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(as_text(report))
    return int(any(part["shift"] > 0 for part in report["parts"]))


if __name__ == "__main__":
    sys.exit(main())
