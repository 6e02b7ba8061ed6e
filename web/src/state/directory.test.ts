import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import type { FakeServer } from "@agent-chat/client/testing/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { closeChat, fill, openChat, pass } from "../testing/chat";
import type { Chat } from "./chat";
import { TELL_AFTER_MS } from "./reading";

let server: FakeServer;
let chat: Chat;

beforeEach(() => {
  ({ server, chat } = openChat());
});

afterEach(() => {
  closeChat(chat);
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

  it("has the rooms of all pages", async () => {
    const ids = ["lunch", "tea", "dinner", "supper"];
    for (const id of ids) server.addRoom(id, id, ["ada"]);
    server.listed = 2;
    chat.start();
    await pass();
    expect(["general", ...ids].every((id) => chat.directory.find(id) !== null)).toBe(true);
    expect(server.commands.filter((it) => it.action === "rooms").map((it) => it["after"])).toEqual([
      undefined,
      "lunch",
      "dinner",
    ]);
  });

  it("tells the server once of what is seen within a moment, and again when the line is back", async () => {
    fill(server, 10);
    chat.start();
    await pass();
    chat.see("general", 8);
    chat.see("general", 10);
    chat.see("general", 9);
    await pass(TELL_AFTER_MS);
    expect(reads()).toEqual([["general", 10]]);
    server.cutAll();
    fill(server, 1);
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
    fill(server, 10);
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

  it("shows at once what is said in a room that is not on screen, above the others, and counts it", async () => {
    server.addRoom("lunch", "Lunch", ["ada"]);
    server.addRoom("tea", "Tea", ["ada"]);
    server.post("tea", GRACE, "tea?");
    chat.start();
    await pass();
    const hear = (seq: number, text: string): void => {
      const latest = { seq, author: "Grace", text, sent_at_ms: Date.now() + seq };
      server.lines[0]?.socket.receive({ type: "room_activity", room: "lunch", last_seq: seq, latest });
    };
    hear(3, "curry!");
    expect(chat.directory.view.get().rooms?.[0]).toMatchObject({ room: "lunch", unread: 3, latest: { text: "curry!" } });
    hear(2, "or curry?");
    expect(chat.directory.find("lunch")).toMatchObject({ unread: 3, latest: { text: "curry!" } });
    expect(server.commands.filter((it) => it.action === "rooms")).toHaveLength(1);
  });

  it("asks for a room that it is told of and does not know", async () => {
    chat.start();
    await pass();
    server.addRoom("lunch", "Lunch", ["ada"]);
    const { seq, text, sent_at_ms } = server.post("lunch", GRACE, "soup?");
    const latest = { seq, author: "Grace", text, sent_at_ms };
    server.lines[0]?.socket.receive({ type: "room_activity", room: "lunch", last_seq: seq, latest });
    await pass();
    expect(chat.directory.find("lunch")).toMatchObject({ unread: 1 });
  });

  it("shows a mention elsewhere at once", async () => {
    server.addRoom("lunch", "Lunch", ["ada"]);
    chat.start();
    await pass();
    const message = server.post("lunch", GRACE, "@ada soup?");
    server.lines[0]?.socket.receive({ type: "mention", message });
    expect(chat.directory.find("lunch")).toMatchObject({ unread: 1, latest: { text: "@ada soup?" } });
  });
});
