import { vi } from "vitest";

import type { Ready } from "../src/frames.ts";
import { type FakeSocket, READY } from "./socket.ts";

/** Opens a socket and answers hello, which is then forgotten. Of a test whose clock stands still. */
export async function greet(socket: FakeSocket, ready: Partial<Ready> = {}): Promise<void> {
  socket.open();
  await vi.advanceTimersByTimeAsync(0);
  const hello = socket.sent.pop();
  socket.frameSizes.pop();
  if (hello?.action !== "hello") throw new Error("the first command was not hello");
  socket.acknowledge(hello, { ...READY, ...ready });
  await vi.advanceTimersByTimeAsync(0);
}
