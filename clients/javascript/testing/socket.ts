/** A socket without a network: a test sees what was sent and says what arrives. */

import type { Ready } from "../src/frames.ts";
import type { Socket } from "../src/socketLine.ts";

export interface SentCommand {
  readonly action: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

export const READY: Ready = {
  version: 1,
  user: { id: "ada", name: "Ada" },
  connection: "c-1",
  now_ms: 1_790_000_000_000,
  heartbeat_s: 240,
  rotate_after_s: 5400,
  reconnect: { first_ms: 500, most_ms: 20_000 },
  variants: {},
  epoch: 0,
};

export class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly url: string;
  /** Every command, whichever frame it came in. */
  readonly sent: SentCommand[] = [];
  /** How many commands each frame had. */
  readonly frameSizes: number[] = [];
  isClosed = false;
  /** Called with each command, for a server that answers by itself. */
  onCommand: ((command: SentCommand) => void) | null = null;

  constructor(url: string) {
    this.url = url;
  }

  send(data: Parameters<WebSocket["send"]>[0]): void {
    const frame = JSON.parse(data as string) as SentCommand | SentCommand[];
    const commands = Array.isArray(frame) ? frame : [frame];
    this.frameSizes.push(commands.length);
    for (const command of commands) {
      this.sent.push(command);
      this.onCommand?.(command);
    }
  }

  /** By this side; the browser reports it later, which nobody here waits for. */
  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.onopen?.call(this as unknown as WebSocket, new Event("open"));
  }

  /** The other side, or the network, ended it. */
  cut(): void {
    this.isClosed = true;
    this.onclose?.call(this as unknown as WebSocket, new CloseEvent("close"));
  }

  receive(frame: unknown): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.onmessage?.call(this as unknown as WebSocket, new MessageEvent("message", { data }));
  }

  acknowledge(command: SentCommand | undefined, result: object): void {
    this.receive({ type: "ack", id: command?.id, action: command?.action, result });
  }

  refuse(command: SentCommand | undefined, code: string, temporary = false, retryAfterMs: number | null = null): void {
    const message = `refused: ${code}`;
    this.receive({ type: "error", id: command?.id, code, message, temporary, retry_after_ms: retryAfterMs });
  }
}
