import { afterEach, describe, expect, it, vi } from "vitest";

import { isPressed, isTyping, SHORTCUT_GROUPS, SHORTCUTS } from "./shortcuts";

const APPLE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";

function press(key: string, extra: KeyboardEventInit = {}): KeyboardEvent {
  return new KeyboardEvent("keydown", { key, ...extra });
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a shortcut", () => {
  it("is its key with its modifiers and no others", () => {
    expect(isPressed("previousRoom", press("ArrowUp", { altKey: true }))).toBe(true);
    expect(isPressed("previousRoom", press("ArrowUp", { altKey: true, shiftKey: true }))).toBe(false);
    expect(isPressed("olderMessage", press("ArrowUp", { altKey: true }))).toBe(false);
    expect(isPressed("goTo", press("k"))).toBe(false);
  });

  it("has Ctrl, and Cmd on Apple's keyboards", () => {
    expect([isPressed("goTo", press("k", { ctrlKey: true })), isPressed("goTo", press("k", { metaKey: true }))]).toEqual([true, false]);
    vi.stubGlobal("navigator", { userAgent: APPLE });
    expect([isPressed("goTo", press("k", { ctrlKey: true })), isPressed("goTo", press("k", { metaKey: true }))]).toEqual([false, true]);
  });

  it("is a sign wherever that is on the keyboard, and a letter with Caps Lock too", () => {
    expect(isPressed("list", press("?", { shiftKey: true }))).toBe(true);
    expect(isPressed("list", press("?", { altKey: true }))).toBe(true);
    expect(isPressed("goTo", press("K", { ctrlKey: true }))).toBe(true);
  });

  it("stands in the list once, in one group", () => {
    expect(Object.values(SHORTCUT_GROUPS).flat().toSorted()).toEqual(Object.keys(SHORTCUTS).toSorted());
  });
});

it("knows where signs are written", () => {
  document.body.innerHTML = "<textarea></textarea><p contenteditable><b></b></p><button></button>";
  expect(["textarea", "b", "button"].map((it) => isTyping(document.querySelector(it)))).toEqual([true, true, false]);
});
