import type { OpenRoom } from "@agent-chat/client/room";
import { MAX_FAILURES } from "@agent-chat/client/tail";
import { TAIL_POLL_MS } from "@agent-chat/client/testing/archive";
import { GRACE } from "@agent-chat/client/testing/messages";
import type { FakeServer } from "@agent-chat/client/testing/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { closeChat, fill, openChat, pass, range } from "../testing/chat";
import type { Chat } from "./chat";

let server: FakeServer;
let chat: Chat;
let room: OpenRoom;

function seqs(): number[] {
  return room.view.get().log.messages.map((message) => message.seq);
}

function textOf(seq: number): string | undefined {
  return room.view.get().log.messages.find((message) => message.seq === seq)?.text;
}

function asked(action: string): number {
  return server.commands.filter((it) => it.action === action).length;
}

/** A little more than a poll may be late. */
async function poll(times = 1): Promise<void> {
  await pass(times * TAIL_POLL_MS * 1.3);
}

beforeEach(async () => {
  ({ server, chat, room } = openChat());
  fill(server, 3);
  chat.start();
  await pass();
});

afterEach(() => {
  closeChat(chat);
});

describe("a room that is followed by its tail", () => {
  it("goes on through it, and live again", async () => {
    server.pace("general", true);
    server.say("general", GRACE, "by the tail");
    await poll();
    expect(seqs()).toEqual(range(1, 4));
    await poll(3);
    expect(server.polls).toContain("304");
    server.post("general", GRACE, "while the room came back");
    server.pace("general", false);
    server.say("general", GRACE, "live");
    await poll(2);
    expect(seqs()).toEqual(range(1, 6));
    const polls = server.polls.length;
    await poll(3);
    expect(server.polls).toHaveLength(polls);
    expect(asked("subscribe")).toBe(1);
  });

  it("reads segments where it lacks more than the last one, and no history", async () => {
    server.pace("general", true);
    await poll();
    const histories = asked("history");
    fill(server, 150);
    await poll(2);
    expect(seqs()).toEqual(range(1, 153));
    expect(asked("history")).toBe(histories);
    expect(server.polls).toContain("segments/1");
  });

  it("shows what becomes of messages, by pages where that is much", async () => {
    server.pace("general", true);
    server.revise("general", 1, { text: "edited" });
    await poll();
    expect(textOf(1)).toBe("edited");
    for (let index = 0; index < 100; index++) server.revise("general", 2, { text: `version ${index}` });
    await poll(2);
    expect(textOf(2)).toBe("version 99");
    expect(room.rev).toBe(101);
  });

  it("is told of by the reply to whoever comes, and by the heartbeat", async () => {
    server.tailed.add("general");
    chat.show(null);
    chat.show("general");
    await pass();
    server.say("general", GRACE, "by the tail");
    await poll();
    expect(seqs()).toEqual(range(1, 4));
  });

  it("asks for another address where its own is over", async () => {
    server.pace("general", true);
    await poll();
    server.capability = "second";
    server.say("general", GRACE, "by the second");
    await poll(3);
    expect(seqs()).toEqual(range(1, 4));
    expect(asked("sync")).toBeGreaterThan(0);
  });

  it("is caught up with over the line where the tail can not be had", async () => {
    server.pace("general", true);
    await poll();
    server.isTailDown = true;
    server.say("general", GRACE, "over the line");
    await poll(MAX_FAILURES + 1);
    expect(seqs()).toEqual(range(1, 4));
    server.isTailDown = false;
    await pass(60_000);
    server.say("general", GRACE, "by the tail again");
    const subscriptions = asked("subscribe");
    await poll(2);
    expect(seqs()).toEqual(range(1, 5));
    expect(asked("subscribe")).toBe(subscriptions);
  });

  it("is not polled while nobody looks, nor once it is left", async () => {
    server.pace("general", true);
    await poll();
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    const polls = server.polls.length;
    await poll(3);
    expect(server.polls).toHaveLength(polls);
    visibility.mockRestore();
    await poll();
    expect(server.polls.length).toBeGreaterThan(polls);
    chat.show(null);
    const left = server.polls.length;
    await poll(3);
    expect(server.polls).toHaveLength(left);
  });

  it("believes no announcement that another has overtaken", async () => {
    server.pace("general", true);
    server.lines[0]!.socket.receive({ type: "room_pace", room: "general", step: "full", tail: null, as_of_ms: 1 });
    await poll(2);
    server.say("general", GRACE, "by the tail");
    await poll();
    expect(seqs()).toEqual(range(1, 4));
  });
});
