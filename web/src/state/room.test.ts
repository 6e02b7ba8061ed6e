import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ADA, GRACE } from "../testing/messages";
import { FakeServer } from "../testing/server";
import type { FakeSocket, SentCommand } from "../testing/socket";
import { Chat } from "./chat";
import { TELL_AFTER_MS } from "./reading";
import { LATE_MS, MAX_FILL, type OpenRoom } from "./room";

let server: FakeServer;
let chat: Chat;
let room: OpenRoom;

function seqs(): number[] {
  return room.view.get().log.messages.map((message) => message.seq);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function fill(count: number): void {
  for (let index = 0; index < count; index++) server.post("general", GRACE, `message ${index}`);
}

function histories(): unknown[] {
  return server.commands.filter((it) => it.action === "history").map((it) => [it["before"], it["limit"]]);
}

async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function reconnect(): Promise<void> {
  server.commands.length = 0;
  chat.reconnect();
  await pass();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada"]);
  chat = new Chat({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e9 }, () => undefined);
  room = chat.room("general");
  chat.show("general");
});

afterEach(() => {
  chat.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("entering a room", () => {
  it("shows its newest page and what is said from then on", async () => {
    fill(120);
    chat.start();
    await pass();
    server.say("general", GRACE, "live");
    expect(seqs()).toEqual(range(71, 121));
  });

  it("joins a public one first", async () => {
    server.addRoom("lunch", "Lunch");
    chat.start();
    await pass();
    chat.show("lunch");
    await pass();
    expect(server.commands.slice(-3).map((it) => it.action)).toEqual(["join", "subscribe", "history"]);
    expect(chat.room("lunch").view.get().phase).toBe("ready");
  });

  it("ends the messages of the one before", async () => {
    server.addRoom("lunch", "Lunch", ["ada"]);
    chat.start();
    await pass();
    chat.show("lunch");
    await pass();
    expect(server.commands).toContainEqual(expect.objectContaining({ action: "unsubscribe", room: "general" }));
    server.say("general", GRACE, "unheard");
    expect(seqs()).toEqual([]);
  });

  it("is refused for a private one", async () => {
    server.addRoom("board", "Board", [], "private");
    chat.start();
    chat.show("board");
    await pass();
    expect(chat.room("board").view.get()).toMatchObject({ phase: "refused", failure: { code: "room_private" } });
  });

  it("tries again by itself when the server is busy", async () => {
    let refusals = 2;
    server.intercept = (command, socket) => {
      if (command.action !== "subscribe" || refusals === 0) return false;
      refusals--;
      socket.refuse(command, "unavailable", true, 100);
      return true;
    };
    chat.start();
    await pass(3000);
    expect(room.view.get().phase).toBe("ready");
  });
});

describe("scrolling back", () => {
  it("loads page after page down to the first message", async () => {
    fill(120);
    chat.start();
    await pass();
    await Promise.all([room.loadOlder(), pass()]);
    expect(seqs()[0]).toBe(21);
    await Promise.all([room.loadOlder(), pass()]);
    expect(seqs()).toEqual(range(1, 120));
    expect(room.view.get().log.complete).toBe(true);
    await room.loadOlder();
    expect(histories()).toEqual([
      [null, 50],
      [71, 50],
      [21, 50],
    ]);
  });

  it("says so when a page can't be had, and can be asked again", async () => {
    fill(120);
    chat.start();
    await pass();
    server.intercept = (command, socket) => {
      socket.refuse(command, "internal", true);
      return true;
    };
    await Promise.all([room.loadOlder(), pass()]);
    expect(room.view.get().older).toBe("failed");
    server.intercept = null;
    await Promise.all([room.loadOlder(), pass()]);
    expect(room.view.get().older).toBe("idle");
    expect(seqs()[0]).toBe(21);
  });
});

describe("missed messages", () => {
  it("come with the subscription after a short cut", async () => {
    fill(10);
    chat.start();
    await pass();
    server.cutAll();
    fill(30);
    await reconnect();
    expect(seqs()).toEqual(range(1, 40));
    expect(server.commands.find((it) => it.action === "subscribe")).toMatchObject({ after: 10 });
    expect(histories()).toEqual([]);
  });

  it("of a room that was empty come with the subscription too", async () => {
    chat.start();
    await pass();
    server.cutAll();
    fill(3);
    await reconnect();
    expect(seqs()).toEqual([1, 2, 3]);
    expect(histories()).toEqual([]);
  });

  it("of a planned change of lines are none, and nothing is seen of it", async () => {
    fill(10);
    chat.start();
    await pass();
    const [old] = server.lines;
    await pass(5_400_000);
    expect(server.lines).toHaveLength(2);
    expect(old?.socket.isClosed).toBe(true);
    server.lines.shift();
    server.say("general", GRACE, "after the change");
    expect(seqs()).toEqual(range(1, 11));
  });

  it("are named by the heartbeat", async () => {
    chat.start();
    await pass();
    server.say("general", GRACE, "a");
    server.post("general", GRACE, "lost");
    server.intercept = (command) => command.action === "rooms";
    await pass(240_000 + LATE_MS);
    expect(seqs()).toEqual([1, 2]);
  });

  it("that are too many to replay are fetched from the last number seen, newest first", async () => {
    fill(10);
    chat.start();
    await pass();
    server.cutAll();
    fill(130);
    await reconnect();
    expect(seqs()).toEqual(range(1, 140));
    expect(histories()).toEqual([
      [141, 100],
      [41, 30],
    ]);
  });

  it("are left to scrolling back when there are too many", async () => {
    fill(10);
    chat.start();
    await pass();
    server.cutAll();
    fill(MAX_FILL + 1);
    await reconnect();
    expect(seqs()).toEqual(range(MAX_FILL + 11 - 49, MAX_FILL + 11));
    expect(room.view.get().log.gaps()).toEqual([]);
  });

  it("that are only late are not asked for", async () => {
    chat.start();
    await pass();
    server.commands.length = 0;
    const [first, second, third] = ["a", "b", "c"].map((text) => server.post("general", GRACE, text));
    server.deliver(first!);
    server.deliver(third!);
    await pass(LATE_MS - 1);
    server.deliver(second!);
    await pass(LATE_MS * 3);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(histories()).toEqual([]);
  });

  it("that never come are asked for", async () => {
    chat.start();
    await pass();
    server.say("general", GRACE, "a");
    server.post("general", GRACE, "lost");
    server.say("general", GRACE, "c");
    expect(seqs()).toEqual([1, 3]);
    await pass(LATE_MS);
    expect(seqs()).toEqual([1, 2, 3]);
  });

  it("at the very end are found with the list of rooms", async () => {
    chat.start();
    await pass();
    server.say("general", GRACE, "a");
    server.post("general", GRACE, "lost");
    await pass(20_000 + LATE_MS);
    expect(seqs()).toEqual([1, 2]);
  });

  it("that the server does not have are not asked for without end", async () => {
    chat.start();
    await pass();
    server.intercept = (command, socket) => {
      if (command.action !== "history") return false;
      socket.acknowledge(command, { room: "general", messages: [], more: true });
      return true;
    };
    server.say("general", GRACE, "a");
    server.post("general", GRACE, "lost");
    server.say("general", GRACE, "c");
    await pass(LATE_MS * 10);
    expect(room.view.get().fillFailed).toBe(true);
    expect(histories()).toEqual([
      [null, 50],
      [3, 1],
    ]);
    server.intercept = null;
    room.refill();
    await pass();
    expect(seqs()).toEqual([1, 2, 3]);
    expect(room.view.get().fillFailed).toBe(false);
  });
});

describe("changed messages", () => {
  const shown = (): string[] => room.view.get().log.messages.map((it) => `${it.kind} ${it.text}`.trim());

  it("are shown as they stand, in the list of rooms too", async () => {
    fill(2);
    chat.start();
    await pass();
    server.edit("general", 2, "better");
    expect(shown()).toEqual(["text message 0", "text better"]);
    expect(chat.directory.find("general")?.latest).toMatchObject({ seq: 2, text: "better" });
    const message = server.revise("general", 2, { kind: "deleted", text: "" });
    server.tell("general", { type: "message_changed", message });
    expect(shown()).toEqual(["text message 0", "deleted"]);
    expect(chat.directory.find("general")?.latest).toMatchObject({ seq: 2, text: "deleted a message" });
  });

  it("carry their reactions and their pin", async () => {
    fill(1);
    chat.start();
    await pass();
    const reactions = [{ emoji: "👍", count: 1 }];
    server.tell("general", { type: "pins_changed", room: "general", seq: 1, rev: 2, pinned: true, by: GRACE });
    server.tell("general", { type: "reactions_changed", room: "general", seq: 1, rev: 1, reactions, user: GRACE, emoji: "👍", removed: false });
    expect(room.view.get().log.messages).toMatchObject([{ pinned: true, reactions }]);
  });

  it("come with the subscription after a cut", async () => {
    fill(2);
    server.revise("general", 1, { text: "known" });
    chat.start();
    await pass();
    server.edit("general", 2, "known as well");
    server.cutAll();
    server.revise("general", 1, { text: "meanwhile" });
    await reconnect();
    expect(server.commands.find((it) => it.action === "subscribe")).toMatchObject({ after: 2, after_rev: 2 });
    expect(shown()).toEqual(["text meanwhile", "text known as well"]);
  });

  it("come with the subscription when the page was read before it counted", async () => {
    server.addRoom("lunch", "Lunch", ["ada"]);
    server.post("lunch", GRACE, "soup?");
    chat.start();
    await pass();
    let early: [SentCommand, FakeSocket] | null = null;
    server.intercept = (command, socket) => {
      if (command.action === "subscribe" && early === null) {
        early = [command, socket];
        return true;
      }
      if (command.action !== "history") return false;
      socket.acknowledge(command, { room: "lunch", messages: server.rooms.get("lunch")!.log, more: false });
      server.revise("lunch", 1, { text: "curry?" });
      socket.onCommand?.(early![0]);
      return true;
    };
    chat.show("lunch");
    await pass();
    expect(chat.room("lunch").view.get().log.messages).toMatchObject([{ text: "curry?" }]);
  });

  it("are in the page where nothing was known before it, since that is read when the subscription counts", async () => {
    fill(1);
    server.intercept = (command) => {
      if (command.action === "subscribe") queueMicrotask(() => server.revise("general", 1, { text: "changed" }));
      return false;
    };
    chat.start();
    await pass();
    expect(shown()).toEqual(["text changed"]);
  });

  it("that never arrived are named by the heartbeat", async () => {
    fill(1);
    chat.start();
    await pass();
    server.revise("general", 1, { text: "unheard" });
    await pass(240_000);
    expect(shown()).toEqual(["text unheard"]);
  });

  it("that are too many to replay show the newest page anew", async () => {
    fill(120);
    chat.start();
    await pass();
    await Promise.all([room.loadOlder(), pass()]);
    server.cutAll();
    for (let seq = 1; seq <= 120; seq++) server.revise("general", seq, { text: `new ${seq}` });
    await reconnect();
    expect(shown()).toEqual(range(71, 120).map((seq) => `text new ${seq}`));
    expect(room.view.get().log.gaps()).toEqual([]);
  });
});

it("a mention elsewhere shows in the list of rooms at once", async () => {
  server.addRoom("lunch", "Lunch", ["ada"]);
  chat.start();
  await pass();
  const message = server.post("lunch", GRACE, "@ada soup?");
  server.lines[0]?.socket.receive({ type: "mention", message });
  expect(chat.directory.find("lunch")).toMatchObject({ unread: 1, latest: { text: "@ada soup?" } });
});

describe("people", () => {
  it("who come and go are noticed between the messages", async () => {
    fill(2);
    chat.start();
    await pass();
    server.change("general", "joined", GRACE, "member");
    server.change("general", "joined", GRACE, "member");
    server.say("general", GRACE, "hello");
    expect(room.view.get().notices).toHaveLength(1);
    expect(room.view.get().notices).toMatchObject([{ afterSeq: 2, event: { change: "joined", user: GRACE } }]);
  });

  it("who are put out see nothing more, and again when they are let in", async () => {
    fill(2);
    chat.start();
    await pass();
    server.change("general", "banned", ADA, "banned", GRACE);
    expect(room.view.get()).toMatchObject({ phase: "refused", failure: { code: "banned" } });
    expect(seqs()).toEqual([]);
    server.change("general", "invited", ADA, "member", GRACE);
    await pass();
    expect(room.view.get().phase).toBe("ready");
    expect(seqs()).toEqual([1, 2]);
  });
});

describe("one's own message", () => {
  it("gets its place from its acknowledgement", async () => {
    fill(2);
    chat.start();
    await pass();
    chat.outbox.add("general", "mine");
    await pass();
    expect(room.view.get().log.messages.at(-1)).toMatchObject({ seq: 3, text: "mine", from: ADA });
    expect(chat.outgoing.get()).toEqual([]);
  });

  it("is neither lost nor doubled when the line is cut before its acknowledgement", async () => {
    chat.start();
    await pass();
    server.intercept = (command) => {
      if (command.action !== "send") return false;
      server.post("general", ADA, command["text"] as string, { command_id: command.id });
      server.intercept = null;
      server.cutAll();
      return true;
    };
    chat.outbox.add("general", "one");
    chat.outbox.add("general", "two");
    await pass();
    await reconnect();
    expect(room.view.get().log.messages.map((it) => it.text)).toEqual(["one", "two"]);
    expect(server.rooms.get("general")?.log).toHaveLength(2);
    expect(chat.outgoing.get()).toEqual([]);
  });
});

describe("the list of rooms", () => {
  const unread = (id: string): number | undefined => chat.directory.find(id)?.unread;
  const reads = (): unknown[] =>
    server.commands.filter((it) => it.action === "read").map((it) => [it["room"], it["seq"]]);

  it("counts what has not been read", async () => {
    server.addRoom("lunch", "Lunch", ["ada"]);
    server.post("lunch", GRACE, "soup?");
    chat.start();
    await pass();
    expect(unread("lunch")).toBe(1);
    server.post("lunch", GRACE, "or curry?");
    await pass(20_000);
    expect(unread("lunch")).toBe(2);
    chat.see("lunch", 2);
    expect(unread("lunch")).toBe(0);
    await pass(20_000);
    expect(unread("lunch")).toBe(0);
  });

  it("tells the server once of what is seen within a moment, and again when the line is back", async () => {
    fill(10);
    chat.start();
    await pass();
    chat.see("general", 8);
    chat.see("general", 10);
    chat.see("general", 9);
    await pass(TELL_AFTER_MS);
    expect(reads()).toEqual([["general", 10]]);
    server.cutAll();
    fill(1);
    chat.directory.reach("general", 11);
    chat.see("general", 11);
    expect(reads()).toHaveLength(1);
    chat.reconnect();
    await pass();
    expect(reads()).toEqual([
      ["general", 10],
      ["general", 11],
    ]);
  });

  it("follows what was read on another device", async () => {
    fill(10);
    chat.start();
    await pass();
    server.lines[0]?.socket.receive({ type: "read", room: "general", seq: 7 });
    expect(unread("general")).toBe(3);
    server.lines[0]?.socket.receive({ type: "read", room: "general", seq: 5 });
    expect(unread("general")).toBe(3);
  });

  it("has a room that one was invited to at once, and not the one that one was put out of", async () => {
    server.addRoom("board", "Board", [], "private");
    chat.start();
    await pass();
    chat.directory.change({ type: "member", room: "board", user: ADA, change: "left", role: null, muted_until_ms: null, by: ADA });
    expect(chat.directory.find("board")).toBeNull();
    server.change("board", "invited", ADA, "member", GRACE);
    await pass();
    expect(chat.directory.find("board")).toMatchObject({ member: true });
    server.change("board", "removed", ADA, null, GRACE);
    expect(chat.directory.find("board")).toBeNull();
  });

  it("shows the newest message as it passes by", async () => {
    chat.start();
    await pass();
    server.say("general", GRACE, "news");
    expect(chat.directory.view.get().rooms?.[0]?.latest).toMatchObject({ author: "Grace", text: "news", seq: 1 });
  });
});
