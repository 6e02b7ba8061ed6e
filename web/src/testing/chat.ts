/** Ada's chat with the server in memory, the room `general` on her screen, and a clock that only the test moves. */

import type { OpenRoom } from "@agent-chat/client/room";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { vi } from "vitest";

import { Chat } from "../state/chat";

export interface AdasChat {
  readonly server: FakeServer;
  readonly chat: Chat;
  readonly room: OpenRoom;
}

/** Not started yet. To be closed after the test. */
export function openChat(onSessionEnded: () => void = () => undefined): AdasChat {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada"]);
  const chat = new Chat({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e9 }, onSessionEnded);
  const room = chat.room("general");
  chat.show("general");
  return { server, chat, room };
}

export function closeChat(chat: Chat): void {
  chat.stop();
  vi.useRealTimers();
}

export async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Grace said so much in the room, and nobody was told. */
export function fill(server: FakeServer, count: number): void {
  for (let index = 0; index < count; index++) server.post("general", GRACE, `message ${index}`);
}

/** The server forgets what it was asked, and the client comes back at once. */
export async function reconnect(server: FakeServer, chat: Chat): Promise<void> {
  server.commands.length = 0;
  chat.reconnect();
  await pass();
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
