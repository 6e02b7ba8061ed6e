/** Several tabs of one user, each with the whole state of a page, on the server in memory. */

import { LIFE_TIMEOUT_MS } from "@agent-chat/client/tabGuest";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { FakeBrowser, type FakeTab } from "@agent-chat/client/testing/tabs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { pass, range } from "../testing/chat";
import { Chat, PAUSE_AFTER_MS } from "./chat";

interface Tab {
  readonly chat: Chat;
  readonly platform: FakeTab;
}

let server: FakeServer;
let browser: FakeBrowser;
let tabs: Tab[];

async function openTab(room = "general", user = ADA): Promise<Tab> {
  const platform = browser.openTab();
  const session = { token: user.name, user, expiresAtMs: Date.now() + 1e9 };
  const chat = new Chat(session, () => undefined, platform);
  const tab = { chat, platform };
  tabs.push(tab);
  chat.show(room);
  chat.start();
  await pass();
  return tab;
}

function texts({ chat }: Tab, room = "general"): string[] {
  return chat.room(room).view.get().log.messages.map(({ text }) => text);
}

function numbers({ chat }: Tab, room = "general"): number[] {
  return chat.room(room).view.get().log.messages.map(({ seq }) => seq);
}

/** Nothing in the tab runs any more, and it told nobody. */
function crash({ chat, platform }: Tab): void {
  platform.crash();
  vi.spyOn(platform.channels[0]!, "postMessage").mockReturnValue();
  chat.stop();
}

function show(isShown: boolean): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(isShown ? "visible" : "hidden");
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada", "grace"]);
  server.addRoom("lunch", "Lunch", ["ada"]);
  browser = new FakeBrowser();
  tabs = [];
});

afterEach(() => {
  for (const { chat } of tabs) chat.stop();
  vi.useRealTimers();
});

describe("two tabs of one user", () => {
  it("have one socket, and both hear what is said", async () => {
    const [left, right] = [await openTab(), await openTab()];
    server.say("general", GRACE, "Hello, Ada");
    await pass();
    expect(server.lines).toHaveLength(1);
    for (const tab of [left, right]) expect(texts(tab)).toEqual(["Hello, Ada"]);
    for (const { chat } of [left, right]) expect(chat.status.get().phase).toBe("online");
  });

  it("each follow the room on their own screen", async () => {
    const [left, right] = [await openTab("general"), await openTab("lunch")];
    server.say("general", GRACE, "Hello, all");
    server.say("lunch", GRACE, "Soup?");
    await pass();
    expect([texts(left), texts(right, "lunch")]).toEqual([["Hello, all"], ["Soup?"]]);
  });

  it("show what is written in either, once and in one order", async () => {
    const [left, right] = [await openTab(), await openTab()];
    left.chat.outbox.add("general", "from the left");
    await pass();
    right.chat.outbox.add("general", "from the right");
    await pass();
    for (const tab of [left, right]) expect(texts(tab)).toEqual(["from the left", "from the right"]);
    expect(server.rooms.get("general")!.log).toHaveLength(2);
    for (const { chat } of [left, right]) expect(chat.outgoing.get()).toEqual([]);
  });

  it("keep a room that one of them has left and the other shows", async () => {
    const [left, right] = [await openTab(), await openTab()];
    left.chat.show(null);
    await pass();
    server.say("general", GRACE, "Still there?");
    await pass();
    expect(texts(right)).toEqual(["Still there?"]);
    right.chat.show(null);
    await pass();
    expect(server.lines[0]!.rooms.size).toBe(0);
  });

  it("have read what was read in either", async () => {
    server.post("general", GRACE, "Hello, Ada");
    const [left, right] = [await openTab(), await openTab()];
    right.chat.see("general", 1);
    await pass(2_000);
    expect(left.chat.directory.find("general")?.unread).toBe(0);
  });

  it("both learn from one heartbeat what never arrived", async () => {
    server.post("general", GRACE, "first");
    const [left, right] = [await openTab(), await openTab()];
    server.revise("general", 1, { text: "unheard" });
    await pass(241_000);
    expect([texts(left), texts(right)]).toEqual([["unheard"], ["unheard"]]);
    expect(server.commands.filter(({ action }) => action === "sync")).toHaveLength(1);
  });
});

describe("a tab that is gone", () => {
  it("and had the socket is replaced, with nothing lost, repeated or out of order", async () => {
    const [left, right] = [await openTab(), await openTab()];
    for (let number = 1; number <= 3; number++) server.say("general", GRACE, `before ${number}`);
    crash(left);
    server.cutAll();
    server.say("general", GRACE, "meanwhile");
    await pass(1_000);
    server.say("general", GRACE, "after");
    await pass();
    expect(numbers(right)).toEqual(range(1, 5));
    expect([right.chat.status.get().phase, server.lines.length]).toEqual(["online", 1]);
  });

  it("and had the socket leaves what another tab was sending to the next, which sends it under its id", async () => {
    const [left, right] = [await openTab(), await openTab()];
    server.intercept = ({ action }) => action === "send";
    right.chat.outbox.add("general", "from the right");
    await pass();
    const asked = server.commands.filter(({ action }) => action === "send").map(({ id }) => id);
    server.intercept = null;
    crash(left);
    server.cutAll();
    await pass(1_000);
    const log = server.rooms.get("general")!.log;
    expect(log.map(({ text, command_id }) => [text, command_id])).toEqual([["from the right", asked[0]]]);
    expect(texts(right)).toEqual(["from the right"]);
  });

  it("lets go of the room that only it showed", async () => {
    await openTab("general");
    const right = await openTab("lunch");
    expect([...server.lines[0]!.rooms]).toEqual(["general", "lunch"]);
    crash(right);
    await pass();
    expect([...server.lines[0]!.rooms]).toEqual(["general"]);
  });

  it("in the sense that it is frozen loses the lead, and is a guest when it is back", async () => {
    const [left, right] = [await openTab(), await openTab()];
    left.platform.isFrozen = true;
    right.chat.reconnect();
    await pass(LIFE_TIMEOUT_MS + 1_000);
    server.say("general", GRACE, "Anybody there?");
    left.platform.isFrozen = false;
    left.chat.reconnect();
    await pass(1_000);
    expect(texts(right)).toEqual(["Anybody there?"]);
    expect(texts(left)).toEqual(["Anybody there?"]);
    expect(server.lines.filter(({ socket }) => !socket.isClosed)).toHaveLength(1);
  });
});

describe("a tab that nobody looks at", () => {
  it("is sent nothing after a while, and catches up when somebody does", async () => {
    const tab = await openTab();
    show(false);
    await pass(PAUSE_AFTER_MS);
    expect(server.lines[0]!.rooms.size).toBe(0);
    server.say("general", GRACE, "meanwhile");
    await pass();
    expect(texts(tab)).toEqual([]);
    show(true);
    await pass();
    expect(texts(tab)).toEqual(["meanwhile"]);
    server.say("general", GRACE, "live");
    expect(texts(tab)).toEqual(["meanwhile", "live"]);
  });

  it("is not paused when somebody was away for a moment, or something is on its way", async () => {
    const tab = await openTab();
    show(false);
    await pass(PAUSE_AFTER_MS / 2);
    show(true);
    await pass(PAUSE_AFTER_MS);
    server.intercept = ({ action }) => action === "send";
    tab.chat.outbox.add("general", "on its way");
    show(false);
    await pass(PAUSE_AFTER_MS + 1_000);
    expect([...server.lines[0]!.rooms]).toEqual(["general"]);
  });
});

describe("leaving", () => {
  it("takes along what was left unsent, with the last tab", async () => {
    const [left, right] = [await openTab(), await openTab()];
    server.intercept = ({ action }) => action === "send";
    left.chat.outbox.add("general", "unsent");
    left.chat.drafts.set("general", "half a sentence");
    await right.chat.forget();
    expect(left.chat.drafts.get("general")).toBe("half a sentence");
    right.chat.stop();
    await pass();
    await left.chat.forget();
    expect([left.chat.drafts.get("general"), left.chat.outgoing.get()]).toEqual(["", []]);
  });
});

it("two users in one browser have a socket each", async () => {
  await openTab();
  await openTab("general", GRACE);
  expect(server.lines.map(({ user }) => user.id)).toEqual(["ada", "grace"]);
});
