/** A socket without a network: a test sees what was sent and says what arrives. */

import type { Socket } from "../protocol/connection";

export interface SentCommand {
  readonly action: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

export class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly url: string;
  readonly sent: SentCommand[] = [];
  isClosed = false;
  /** Called with each command, for a server that answers by itself. */
  onCommand: ((command: SentCommand) => void) | null = null;

  constructor(url: string) {
    this.url = url;
  }

  send(data: Parameters<WebSocket["send"]>[0]): void {
    const command = JSON.parse(data as string) as SentCommand;
    this.sent.push(command);
    this.onCommand?.(command);
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
