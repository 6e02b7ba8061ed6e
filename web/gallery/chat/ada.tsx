/** Ada's chat with the server in memory, and the room that she has open there. */

import type { Room } from "@agent-chat/client/frames";
import { NOON_MS } from "@agent-chat/client/testing/archive";
import { FakeServer } from "@agent-chat/client/testing/server";
import type { ReactNode } from "react";

import { ChatContext } from "../../src/hooks/useChat";
import { type MessageActions, MessageActionsContext } from "../../src/hooks/useMessageActions";
import { Chat } from "../../src/state/chat";
import type { Conversation } from "../../src/state/conversation";
import { ADA, CROWD, GRACE, LANDSCAPE, LINUS } from "../samples";

const SESSION = { token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e9 };

function openServer(): void {
  const server = new FakeServer();
  server.addRoom("general", "General", [ADA.id, ...CROWD.map(({ id }) => id)]);
  server.addRoom("lunch", "Lunch", [], "public");
  server.roles.set(ADA.id, "moderator");
  server.post("general", GRACE, "Who has the minutes of the meeting?", { replies: 2, last_reply_seq: 3 });
  server.post("general", LINUS, "I have.", { reply_to: 1, thread: 1 });
  server.post("general", GRACE, "Thank you!", { reply_to: 2, thread: 1 });
  server.post("general", LINUS, "", { kind: "image", media: LANDSCAPE });
  server.post("general", GRACE, "The plan for Thursday", { pinned: true });
  server.intercept = (command, socket) => {
    if (command.action !== "reactions") return false;
    socket.acknowledge(command, { room: "general", seq: 5, reactions: [{ user: GRACE, emoji: "👍", reacted_at_ms: NOON_MS }], after: null });
    return true;
  };
  server.install();
}

async function openChat(): Promise<Chat> {
  openServer();
  const chat = new Chat(SESSION, () => {
    throw new Error("the server in memory ends no sessions");
  });
  chat.start();
  chat.show("general");
  await chat.room("general").settled();
  return chat;
}

const chat = await openChat();
export const talk: Conversation = chat.conversation("general");

export function nothing(): void {
  // Specimens are looked at; what is done with them leads nowhere.
}

const ACTIONS: MessageActions = {
  me: ADA,
  role: "member",
  answer: nothing,
  openThread: nothing,
  edit: nothing,
  finishEdit: nothing,
  remove: nothing,
  report: nothing,
  inspect: nothing,
  react: nothing,
  pin: nothing,
  copy: nothing,
  jump: nothing,
  wantQuote: nothing,
  openImage: nothing,
};

/** Whatever is inside is on Ada's screen, where this is her role. */
export function Hers({ rank = "member", children }: { readonly rank?: Room["role"]; readonly children: ReactNode }) {
  return (
    <ChatContext value={chat}>
      <MessageActionsContext value={{ ...ACTIONS, role: rank }}>{children}</MessageActionsContext>
    </ChatContext>
  );
}
