/** Chatting where no socket gets through, and on the way there and back. */

import { PROBE_WINDOW } from "@agent-chat/client/connection";
import type { OpenRoom } from "@agent-chat/client/room";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import type { FakeServer } from "@agent-chat/client/testing/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { closeChat, openChat, pass, range } from "../testing/chat";
import type { Chat } from "./chat";

let server: FakeServer;
let chat: Chat;
let room: OpenRoom;
let ended: number;

function texts(): string[] {
  return room.view.get().log.messages.map((message) => message.text);
}

function seqs(): number[] {
  return room.view.get().log.messages.map((message) => message.seq);
}

/** Until everybody who waits for something has heard of it. */
async function hear(): Promise<void> {
  await pass(1000);
}

async function fallBack(): Promise<void> {
  server.isBlocked = true;
  chat.start();
  await pass(1500);
}

beforeEach(() => {
  ended = 0;
  ({ server, chat, room } = openChat(() => ended++));
  vi.spyOn(Math, "random").mockReturnValue(1);
});

afterEach(() => {
  closeChat(chat);
});

describe("without a socket", () => {
  it("one reads what was said, hears what others say, and answers", async () => {
    server.post("general", GRACE, "before");
    await fallBack();
    expect(chat.status.get()).toMatchObject({ phase: "online", way: "http" });
    server.post("general", GRACE, "meanwhile");
    await hear();
    chat.outbox.add("general", "mine");
    await hear();
    server.post("general", GRACE, "after");
    await hear();
    expect(texts()).toEqual(["before", "meanwhile", "mine", "after"]);
    expect(chat.outgoing.get()).toEqual([]);
    expect(server.commands.filter((it) => it.action === "history")).toHaveLength(1);
  });

  it("one sees what becomes of messages", async () => {
    server.post("general", GRACE, "helo");
    await fallBack();
    server.revise("general", 1, { text: "hello" });
    await hear();
    server.revise("general", 1, { kind: "deleted", text: "" });
    await hear();
    expect(room.view.get().log.messages).toMatchObject([{ kind: "deleted", version: 3 }]);
  });

  it("each request goes on behind the last event, however long nothing is said", async () => {
    await fallBack();
    await pass(60_000);
    server.post("general", GRACE, "at last");
    await hear();
    server.revise("general", 1, { text: "at long last" });
    await hear();
    expect([...new Set(server.places)]).toEqual(["general:0:0", "general:1:0", "general:1:1"]);
    expect(server.places.length).toBeLessThan(8);
    expect(texts()).toEqual(["at long last"]);
  });

  it("only the room on screen is listened to", async () => {
    server.addRoom("lunch", "Lunch", ["ada"]);
    await fallBack();
    chat.show("lunch");
    await hear();
    server.places.length = 0;
    server.post("general", GRACE, "unheard");
    await pass(30_000);
    expect(new Set(server.places)).toEqual(new Set(["lunch:0:0"]));
    expect(texts()).toEqual([]);
  });

  it("who is put out sees nothing more", async () => {
    server.post("general", GRACE, "before");
    await fallBack();
    server.change("general", "removed", ADA, null, GRACE);
    await hear();
    expect(room.view.get()).toMatchObject({ phase: "refused", failure: { code: "not_a_member" } });
    expect(texts()).toEqual([]);
    expect(chat.directory.find("general")?.member).toBe(false);
  });

  it("a session that is over ends the chat", async () => {
    await fallBack();
    server.isSessionOver = true;
    chat.outbox.add("general", "kept");
    await pass();
    expect([ended, chat.status.get().phase]).toEqual([1, "refused"]);
    expect(chat.outgoing.get()).toMatchObject([{ text: "kept", failure: null }]);
  });
});

describe("a change of ways", () => {
  it("loses, repeats and reorders nothing, while people talk all the time", async () => {
    chat.start();
    await pass();
    let count = 0;
    const talk = setInterval(() => {
      server.say("general", GRACE, `message ${++count}`);
    }, 10);
    await pass(1000);
    server.isBlocked = true;
    server.cutAll();
    await pass(5000);
    expect(chat.status.get().way).toBe("http");
    server.isBlocked = false;
    await pass(PROBE_WINDOW.firstMs);
    expect(chat.status.get()).toMatchObject({ phase: "online", way: "socket" });
    await pass(1000);
    clearInterval(talk);
    await pass();
    expect(seqs()).toEqual(range(1, count));
    expect(count).toBeGreaterThan(1000);
  });

  it("ends the streams of the way that was left", async () => {
    await fallBack();
    server.isBlocked = false;
    await pass(PROBE_WINDOW.firstMs + 1000);
    expect(server.commands.filter((it) => it.action === "subscribe")).toHaveLength(2);
    server.places.length = 0;
    await pass(60_000);
    expect(server.places).toEqual([]);
    server.say("general", GRACE, "over the socket");
    expect(texts()).toEqual(["over the socket"]);
  });

  it("stores what was on its way once, in the order in which it was written", async () => {
    chat.start();
    await pass();
    server.intercept = (command) => {
      if (command.action !== "send") return false;
      // Stored, and cut before the acknowledgement.
      server.post("general", ADA, command["text"] as string, { command_id: command.id });
      server.intercept = null;
      server.isBlocked = true;
      server.cutAll();
      return true;
    };
    for (const text of ["one", "two", "three"]) chat.outbox.add("general", text);
    await pass(5000);
    expect(chat.status.get().way).toBe("http");
    server.isBlocked = false;
    for (const text of ["four", "five"]) chat.outbox.add("general", text);
    await pass(PROBE_WINDOW.firstMs);
    chat.outbox.add("general", "six");
    await hear();
    const written = ["one", "two", "three", "four", "five", "six"];
    expect(server.rooms.get("general")?.log.map((message) => message.text)).toEqual(written);
    expect(texts()).toEqual(written);
    expect(chat.outgoing.get()).toEqual([]);
  });

  it("tells of what was changed while neither way was up", async () => {
    server.post("general", GRACE, "helo");
    await fallBack();
    server.isDown = true;
    chat.reconnect();
    await pass();
    expect(chat.status.get().phase).toBe("waiting");
    server.revise("general", 1, { text: "hello" });
    server.isDown = server.isBlocked = false;
    await pass(30_000);
    expect([chat.status.get().way, texts()]).toEqual(["socket", ["hello"]]);
  });
});
