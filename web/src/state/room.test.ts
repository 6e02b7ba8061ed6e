import { LATE_MS } from "@agent-chat/client/gapFiller";
import { MAX_FILL, type OpenRoom } from "@agent-chat/client/room";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import type { FakeServer } from "@agent-chat/client/testing/server";
import type { FakeSocket, SentCommand } from "@agent-chat/client/testing/socket";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { closeChat, fill, openChat, pass, range, reconnect } from "../testing/chat";
import type { Chat } from "./chat";

let server: FakeServer;
let chat: Chat;
let room: OpenRoom;

function seqs(): number[] {
  return room.view.get().log.messages.map((message) => message.seq);
}

function histories(): unknown[] {
  return server.commands.filter((it) => it.action === "history").map((it) => [it["before"], it["limit"]]);
}

beforeEach(() => {
  ({ server, chat, room } = openChat());
});

afterEach(() => {
  closeChat(chat);
});

describe("entering a room", () => {
  it("shows its newest page and what is said from then on", async () => {
    fill(server, 120);
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
    expect(server.commands.slice(-4).map((it) => it.action)).toEqual(["join", "subscribe", "history", "receipts"]);
    expect(chat.room("lunch").view.get().phase).toBe("ready");
  });

  it("has what is written meanwhile wait, which could be there before oneself", async () => {
    server.addRoom("lunch", "Lunch");
    const held: [SentCommand, FakeSocket][] = [];
    server.intercept = (command, socket) => command.action === "join" && held.length === 0 && held.push([command, socket]) > 0;
    chat.start();
    await pass();
    chat.show("lunch");
    chat.outbox.add("lunch", "Soup?");
    await pass();
    expect(server.commands.some((it) => it.action === "send")).toBe(false);
    const [[command, socket] = []] = held;
    socket?.refuse(command, "unavailable", true, 100); // and is asked again
    await pass(3000);
    expect(chat.room("lunch").view.get().log.messages.map((it) => it.text)).toEqual(["Soup?"]);
    expect(chat.outbox.all).toEqual([]);
  });

  it("that is refused tells whoever has written into it", async () => {
    server.addRoom("board", "Board", [], "private");
    chat.start();
    await pass();
    chat.show("board");
    chat.outbox.add("board", "Let me in");
    await pass();
    expect(chat.outbox.all.map((it) => it.failure)).toMatchObject([{ code: "not_a_member" }]);
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

  it("that is left before the server has answered ends its messages too", async () => {
    server.addRoom("lunch", "Lunch", ["ada"]);
    chat.start();
    await pass();
    chat.show("lunch");
    chat.show(null);
    await pass();
    expect(server.commands.some((it) => it.action === "subscribe" && it["room"] === "lunch")).toBe(true);
    expect(server.lines[0]?.rooms).toEqual(new Set());
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
    fill(server, 120);
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
    fill(server, 120);
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
    fill(server, 10);
    chat.start();
    await pass();
    server.cutAll();
    fill(server, 30);
    await reconnect(server, chat);
    expect(seqs()).toEqual(range(1, 40));
    expect(server.commands.find((it) => it.action === "subscribe")).toMatchObject({ after: 10 });
    expect(histories()).toEqual([]);
  });

  it("of a room that was empty come with the subscription too", async () => {
    chat.start();
    await pass();
    server.cutAll();
    fill(server, 3);
    await reconnect(server, chat);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(histories()).toEqual([]);
  });

  it("of a planned change of lines are none, and nothing is seen of it", async () => {
    fill(server, 10);
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
    fill(server, 10);
    chat.start();
    await pass();
    server.cutAll();
    fill(server, 130);
    await reconnect(server, chat);
    expect(seqs()).toEqual(range(1, 140));
    expect(histories()).toEqual([
      [141, 100],
      [41, 30],
    ]);
  });

  it("are left to scrolling back when there are too many", async () => {
    fill(server, 10);
    chat.start();
    await pass();
    server.cutAll();
    fill(server, MAX_FILL + 1);
    await reconnect(server, chat);
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

describe("people", () => {
  it("who come and go are noticed between the messages", async () => {
    fill(server, 2);
    chat.start();
    await pass();
    server.change("general", "joined", GRACE, "member");
    server.change("general", "joined", GRACE, "member");
    server.say("general", GRACE, "hello");
    expect(room.view.get().notices).toHaveLength(1);
    expect(room.view.get().notices).toMatchObject([{ afterSeq: 2, event: { change: "joined", user: GRACE } }]);
  });

  it("who are put out see nothing more, and again when they are let in", async () => {
    fill(server, 2);
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

  it("who were put out and never told learn it from the heartbeat, and are not let in again by it", async () => {
    fill(server, 2);
    chat.start();
    await pass();
    server.rooms.get("general")?.members.delete("ada");
    await pass(240_000);
    expect(room.view.get()).toMatchObject({ phase: "refused", failure: { code: "not_a_member" } });
    expect(seqs()).toEqual([]);
    expect(server.commands.filter((it) => it.action === "join")).toEqual([]);
  });
});

describe("a busy room", () => {
  it("says what it goes without, until it goes without nothing", async () => {
    chat.start();
    await pass();
    server.tell("general", { type: "room_pace", room: "general", step: "digest", tail: null, as_of_ms: 1 });
    expect(room.view.get().step).toBe("digest");
    server.tell("general", { type: "room_pace", room: "general", step: "full", tail: null, as_of_ms: 2 });
    expect(room.view.get().step).toBe("full");
  });

  it("shows its newest messages; those that were skipped are not asked for before somebody scrolls back", async () => {
    fill(server, 3);
    chat.start();
    await pass();
    fill(server, 80);
    const asked = histories().length;
    const last = 83;
    server.tell("general", { type: "messages_skipped", room: "general", first: 4, last });
    server.say("general", GRACE, "live");
    await pass(2 * LATE_MS);
    expect(seqs()).toEqual([last + 1]);
    expect(histories().length).toBe(asked);
    await Promise.all([room.loadOlder(), pass()]);
    expect(seqs()).toEqual(range(34, 84));
  });
});

describe("one's own message", () => {
  it("gets its place from its acknowledgement", async () => {
    fill(server, 2);
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
    await reconnect(server, chat);
    expect(room.view.get().log.messages.map((it) => it.text)).toEqual(["one", "two"]);
    expect(server.rooms.get("general")?.log).toHaveLength(2);
    expect(chat.outgoing.get()).toEqual([]);
  });
});
