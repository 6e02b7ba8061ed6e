/**
 * One socket from its opening to its end: sends commands, matches replies to them, hands on events.
 *
 * Commands asked for at the same moment travel in one frame. A command that was on its way when the socket closed is
 * rejected with `ConnectionLost`. Knows nothing of what comes before or after this socket.
 */

import { CommandRefused, ConnectionLost, ReplyTimeout } from "./errors.ts";
import {
  type Action,
  type Commands,
  decodeResult,
  encodeCommand,
  type GatewayFault,
  joinCommands,
  MAX_COMMANDS,
  type Refusal,
  type Results,
  type ServerFrame,
} from "./frames.ts";
import { type Ending, type Line, type LineOptions, readFrames, REPLY_TIMEOUT_MS, type RequestOptions } from "./line.ts";
import { measures } from "./measures.ts";

export const OPEN_TIMEOUT_MS = 10_000;
/** The server closes the socket at a frame over 32 KB; a character takes at most three bytes. */
const MAX_JOINED_CHARS = 10_000;
/** Their replies are waited for, or long: they share their frame with nothing. */
const ALONE: ReadonlySet<Action> = new Set<Action>(["send", "history"]);

/** The part of `WebSocket` that is used here. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose" | "onerror">;

interface Waiter {
  readonly action: Action;
  /** How many frames had arrived when the command was sent. */
  readonly framesBefore: number;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class SocketLine implements Line {
  readonly opened: Promise<void>;

  readonly #socket: Socket;
  readonly #options: LineOptions;
  readonly #waiters = new Map<string, Waiter>();
  readonly #refuseOpening: (error: Error) => void;
  readonly #openTimer: ReturnType<typeof setTimeout>;
  #unsent: string[] = [];
  #isClosed = false;
  #isRetired = false;
  #framesReceived = 0;

  constructor(socket: Socket, options: LineOptions) {
    this.#socket = socket;
    this.#options = options;
    const { promise, resolve, reject } = withResolvers();
    this.opened = promise;
    // Whoever closes a line that is still opening does not wait for it.
    promise.catch(() => undefined);
    this.#refuseOpening = reject;
    this.#openTimer = setTimeout(() => {
      this.#end("lost");
    }, OPEN_TIMEOUT_MS);
    socket.onopen = () => {
      clearTimeout(this.#openTimer);
      resolve();
    };
    socket.onclose = () => {
      this.#end("lost");
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.#receive(event.data);
    };
  }

  request<A extends Action>(action: A, command: Commands[A], options: RequestOptions = {}): Promise<Results[A]> {
    if (this.#isClosed) return Promise.reject(new ConnectionLost());
    const { id = crypto.randomUUID(), timeoutMs = REPLY_TIMEOUT_MS } = options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#expire(id, timeoutMs);
      }, timeoutMs);
      this.#waiters.set(id, {
        action,
        framesBefore: this.#framesReceived,
        timer,
        resolve: (result) => {
          resolve(decodeResult(action, result));
        },
        reject,
      });
      this.#queue(encodeCommand(action, id, command), ALONE.has(action));
    });
  }

  close(): void {
    this.#end("closed");
  }

  retire(): void {
    this.#isRetired = true;
    if (this.#waiters.size === 0) this.close();
  }

  #end(how: Ending): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#openTimer);
    this.#socket.close();
    // The owner must know that this line is gone before anyone who is told tries again.
    this.#options.onClosed(how);
    this.#refuseOpening(new ConnectionLost());
    const lost = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const waiter of lost) {
      clearTimeout(waiter.timer);
      waiter.reject(new ConnectionLost());
    }
  }

  #queue(command: string, isAlone: boolean): void {
    const length = this.#unsent.reduce((sum, it) => sum + it.length, command.length);
    if (isAlone || this.#unsent.length === MAX_COMMANDS || length > MAX_JOINED_CHARS) this.#flush();
    this.#unsent.push(command);
    if (isAlone) this.#flush();
    else if (this.#unsent.length === 1) {
      queueMicrotask(() => {
        this.#flush();
      });
    }
  }

  #flush(): void {
    const commands = this.#unsent;
    this.#unsent = [];
    if (commands.length === 0 || this.#isClosed) return;
    const frame = joinCommands(commands);
    measures.sent(frame);
    this.#socket.send(frame);
  }

  #receive(data: unknown): void {
    this.#framesReceived++;
    if (this.#isClosed) return;
    if (typeof data !== "string") {
      console.error("a binary frame was passed over");
      return;
    }
    measures.received(data);
    for (const frame of readFrames(data)) this.#dispatch(frame);
  }

  #dispatch(frame: ServerFrame): void {
    if (frame.type === "ack") this.#acknowledge(frame.id, frame.result);
    else if (frame.type === "error") this.#refuse(frame);
    else if (frame.type === "gateway_fault") this.#refuse(refusalOf(frame));
    else if (frame.type !== "unknown") this.#options.onEvent(frame);
  }

  #acknowledge(id: string, result: unknown): void {
    const waiter = this.#take(id);
    // A reply without a waiter answers a command that was given up or sent twice.
    if (waiter === undefined) return;
    try {
      waiter.resolve(result);
    } catch (error) {
      waiter.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #refuse(refusal: Refusal): void {
    for (const id of refusal.id === null ? this.#suspects() : [refusal.id]) {
      this.#take(id)?.reject(new CommandRefused(refusal));
    }
  }

  /**
   * Which commands a refusal without an id may mean: the only one on its way, or else every message (repeating one is
   * safe). Others are left to their time limit, because their own replies may still come.
   */
  #suspects(): string[] {
    const ids = [...this.#waiters.keys()];
    if (ids.length === 1) return ids;
    return ids.filter((id) => this.#waiters.get(id)?.action === "send");
  }

  #take(id: string): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return undefined;
    clearTimeout(waiter.timer);
    this.#waiters.delete(id);
    if (this.#isRetired && this.#waiters.size === 0) this.close();
    return waiter;
  }

  #expire(id: string, timeoutMs: number): void {
    const waiter = this.#take(id);
    if (waiter === undefined) return;
    waiter.reject(new ReplyTimeout(waiter.action, timeoutMs));
    // A line on which nothing at all arrived since is taken for dead; the browser may not notice for minutes.
    if (this.#framesReceived === waiter.framesBefore) this.#end("lost");
  }
}

/** API Gateway's own error is about some command of ours, and says no more. */
function refusalOf({ message }: GatewayFault): Refusal {
  return { type: "error", id: null, code: "unavailable", message, temporary: true, retry_after_ms: null };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return { promise, resolve, reject };
}
