import type { OpenRoom } from "@agent-chat/client/room";
import { GRACE } from "@agent-chat/client/testing/messages";
import type { FakeServer } from "@agent-chat/client/testing/server";
import type { FakeSocket, SentCommand } from "@agent-chat/client/testing/socket";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { closeChat, fill, openChat, pass, range, reconnect } from "../testing/chat";
import type { Chat } from "./chat";

let server: FakeServer;
let chat: Chat;
let room: OpenRoom;

function shown(): string[] {
  return room.view.get().log.messages.map((it) => `${it.kind} ${it.text}`.trim());
}

beforeEach(() => {
  ({ server, chat, room } = openChat());
});

afterEach(() => {
  closeChat(chat);
});

describe("changed messages", () => {
  it("are shown as they stand, in the list of rooms too", async () => {
    fill(server, 2);
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

  it("are gone with an author who was erased, and so are changes of theirs that came early", async () => {
    fill(server, 2);
    chat.start();
    await pass();
    const [first] = room.view.get().log.messages;
    if (!first?.from) throw new Error("the first message has an author");
    const user = first.from.id;
    server.tell("general", { type: "message_changed", message: { ...first, seq: 3, text: "early", rev: 9 } });
    server.tell("general", { type: "author_erased", room: "general", user });
    server.say("general", first.from, "after the erasure");
    expect(shown()).toEqual(["deleted", "deleted", "text after the erasure"]);
  });

  it("carry their reactions and their pin", async () => {
    fill(server, 1);
    chat.start();
    await pass();
    const reactions = [{ emoji: "👍", count: 1 }];
    server.tell("general", { type: "pins_changed", room: "general", seq: 1, rev: 2, pinned: true, by: GRACE });
    server.tell("general", { type: "reactions_changed", room: "general", seq: 1, rev: 1, reactions, user: GRACE, emoji: "👍", removed: false });
    expect(room.view.get().log.messages).toMatchObject([{ pinned: true, reactions }]);
  });

  it("come with the subscription after a cut", async () => {
    fill(server, 2);
    server.revise("general", 1, { text: "known" });
    chat.start();
    await pass();
    server.edit("general", 2, "known as well");
    server.cutAll();
    server.revise("general", 1, { text: "meanwhile" });
    await reconnect(server, chat);
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
    fill(server, 1);
    server.intercept = (command) => {
      if (command.action === "subscribe") queueMicrotask(() => server.revise("general", 1, { text: "changed" }));
      return false;
    };
    chat.start();
    await pass();
    expect(shown()).toEqual(["text changed"]);
  });

  it("that never arrived are named by the heartbeat", async () => {
    fill(server, 1);
    chat.start();
    await pass();
    server.revise("general", 1, { text: "unheard" });
    await pass(240_000);
    expect(shown()).toEqual(["text unheard"]);
  });

  it("that are too many to replay show the newest page anew", async () => {
    fill(server, 120);
    chat.start();
    await pass();
    await Promise.all([room.loadOlder(), pass()]);
    server.cutAll();
    for (let seq = 1; seq <= 120; seq++) server.revise("general", seq, { text: `new ${seq}` });
    await reconnect(server, chat);
    expect(shown()).toEqual(range(71, 120).map((seq) => `text new ${seq}`));
    expect(room.view.get().log.gaps()).toEqual([]);
  });
});
