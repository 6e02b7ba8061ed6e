import { TYPING_VALID_S } from "@agent-chat/client/frames.generated";
import { NOON_MS } from "@agent-chat/client/testing/archive";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import type { FakeServer } from "@agent-chat/client/testing/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { closeChat, fill, openChat, pass, range, reconnect } from "../testing/chat";
import type { Chat } from "./chat";
import type { Conversation } from "./conversation";
import { OpenThread } from "./thread";
import { TELL_EVERY_MS } from "./typing";

let server: FakeServer;
let chat: Chat;
let talk: Conversation;

beforeEach(() => {
  ({ server, chat } = openChat());
  talk = chat.conversation("general");
});

afterEach(() => {
  closeChat(chat);
});

async function enter(messages = 0): Promise<void> {
  fill(server, messages);
  chat.start();
  await pass();
}

function shown(): number[] {
  const { log } = talk.excursion.view.get() ?? talk.room.view.get();
  return log.messages.map(({ seq }) => seq);
}

function asked(action: string): unknown[] {
  return server.commands.filter((it) => it.action === action);
}

describe("whoever types", () => {
  it("is shown until their message comes, or for ten seconds", async () => {
    await enter();
    server.tell("general", { type: "typing", room: "general", user: GRACE });
    expect(talk.typists.view.get()).toEqual([GRACE]);
    server.say("general", GRACE, "there");
    expect(talk.typists.view.get()).toEqual([]);
    server.tell("general", { type: "typing", room: "general", user: GRACE });
    await pass(TYPING_VALID_S * 1000 - 1);
    expect(talk.typists.view.get()).toEqual([GRACE]);
    await pass(1);
    expect(talk.typists.view.get()).toEqual([]);
  });

  it("tells of it now and then", async () => {
    await enter();
    for (const atMs of [0, 1, TELL_EVERY_MS - 1, TELL_EVERY_MS]) talk.typing.wrote(atMs);
    await pass();
    expect(asked("typing")).toHaveLength(2);
  });
});

describe("how far others have read", () => {
  it("is asked for on entering, and told from then on", async () => {
    await enter(3);
    const reader = { user: GRACE, seq: 2, read_at_ms: NOON_MS };
    server.tell("general", { type: "receipts", room: "general", readers: [reader] });
    expect(talk.readers.view.get()).toEqual([reader]);
    server.tell("general", { type: "receipts", room: "general", readers: [{ ...reader, seq: 1 }] });
    expect(talk.readers.view.get()).toEqual([reader]);
    expect(asked("receipts")).toHaveLength(1);
  });
});

describe("a jump", () => {
  it("to a message that is here asks for nothing", async () => {
    await enter(10);
    await talk.jump(3);
    expect(talk.target.get()).toEqual({ seq: 3 });
    expect(talk.excursion.view.get()).toBeNull();
  });

  it("to one far above shows what is around it, without what lies between", async () => {
    await enter(500);
    await Promise.all([talk.jump(100), pass()]);
    expect(shown()).toEqual(range(75, 124));
    await Promise.all([talk.excursion.loadOlder(), pass()]);
    await Promise.all([talk.excursion.loadNewer(), pass()]);
    expect(shown()).toEqual(range(25, 174));
  });

  it("is over where the history meets the newest messages, and nothing is missing or twice", async () => {
    await enter(200);
    await Promise.all([talk.jump(110), pass()]);
    expect(shown()).toEqual(range(85, 134));
    await Promise.all([talk.excursion.loadNewer(), pass()]);
    expect(talk.excursion.view.get()).toBeNull();
    expect(shown()).toEqual(range(85, 200));
  });

  it("shows there what becomes of messages meanwhile", async () => {
    await enter(300);
    await Promise.all([talk.jump(20), pass()]);
    server.edit("general", 20, "better");
    expect(talk.find(20)).toMatchObject({ text: "better", version: 2 });
    server.say("general", GRACE, "live");
    expect(shown()).not.toContain(301);
    expect(talk.heard.get()).toMatchObject({ seq: 301 });
  });

  it("to a moment finds the first message since, in few steps", async () => {
    await enter(300);
    await Promise.all([talk.jumpTo(NOON_MS + 42_000), pass()]);
    expect(talk.target.get()).toEqual({ seq: 42 });
    expect(asked("history").length).toBeLessThan(12);
  });
});

describe("a quoted message", () => {
  it("is asked for once where it is not here, and kept as it stands", async () => {
    await enter(200);
    await Promise.all([talk.quotes.want(5), talk.quotes.want(5), pass()]);
    expect(talk.find(5)).toMatchObject({ text: "message 4" });
    expect(asked("history")).toHaveLength(2);
    server.edit("general", 5, "better");
    expect(talk.find(5)).toMatchObject({ text: "better" });
  });

  it("that there never was is known to be missing", async () => {
    await enter(3);
    await Promise.all([talk.quotes.want(99), pass()]);
    expect(talk.quotes.view.get().get(99)).toBeNull();
  });
});

describe("an answer", () => {
  it("is sent with what it answers, and is in the thread of that", async () => {
    await enter(3);
    chat.outbox.add("general", "because", { seq: 2, thread: 2 });
    await pass();
    expect(asked("send")).toMatchObject([{ reply_to: 2 }]);
    expect(talk.find(4)).toMatchObject({ text: "because", reply_to: 2, thread: 2 });
  });

  it("is in its thread on screen, with those from before and those that come", async () => {
    server.post("general", GRACE, "why?");
    server.post("general", ADA, "because", { reply_to: 1, thread: 1 });
    await enter(100);
    const thread = new OpenThread(talk.connection, "general", 1, talk.find(1));
    talk.room.watch(thread);
    await Promise.all([thread.load(), pass()]);
    server.say("general", GRACE, "I see", { reply_to: 2, thread: 1 });
    server.say("general", GRACE, "something else");
    server.edit("general", 1, "why not?");
    const { root, log } = thread.view.get();
    expect(root).toMatchObject({ text: "why not?" });
    expect(log.messages.map(({ text }) => text)).toEqual(["because", "I see"]);
    expect(log.complete).toBe(true);
  });
});

describe("a change of one's own", () => {
  it("is in the log as the server made it, and leaves nothing to ask for", async () => {
    server.post("general", ADA, "helo");
    await enter();
    const message = talk.find(1);
    chat.change(message!, { kind: "edit", text: "hello" });
    chat.change(message!, { kind: "react", emoji: "🎉", remove: false });
    await pass();
    expect(talk.find(1)).toMatchObject({ text: "hello", version: 2, mine: ["🎉"], reactions: [{ emoji: "🎉", count: 1 }] });
    expect(chat.pending.get()).toEqual([]);
    expect(talk.room.rev).toBe(2);
  });

  it("that was made while the answer was lost is made once", async () => {
    server.post("general", ADA, "helo");
    await enter();
    server.intercept = (command) => command.action === "delete";
    chat.change(talk.find(1)!, { kind: "delete" });
    await pass();
    server.intercept = null;
    server.cutAll();
    await reconnect(server, chat);
    expect(asked("delete")).toHaveLength(1);
    expect(talk.find(1)).toMatchObject({ kind: "deleted", text: "" });
  });

  it("that is refused says why", async () => {
    await enter(1);
    server.intercept = (command, socket) => {
      if (command.action === "pin") socket.refuse(command, "not_allowed");
      return command.action === "pin";
    };
    chat.change(talk.find(1)!, { kind: "pin", remove: false });
    await pass();
    expect(chat.refused.get()).toMatchObject({ error: { code: "not_allowed" }, pending: { wish: { kind: "pin" } } });
  });
});
