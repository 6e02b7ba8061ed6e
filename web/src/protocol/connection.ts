/**
 * One user's line to the server: opens a socket with a fresh ticket, matches replies to commands, and comes back
 * after every cut until it is stopped or refused.
 *
 * A command that was on its way when the socket closed is rejected with `ConnectionLost`; sending again is the
 * caller's decision (the outbox does it for messages). Knows no rooms, no React.
 */

import { fullJitter } from "./backoff";
import { CommandRefused, ConnectionLost, ReplyTimeout, RequestFailed } from "./errors";
import {
  type Action,
  type Commands,
  decodeFrame,
  decodeResult,
  encodeCommand,
  type Refusal,
  type Results,
  type ServerEvent,
  type ServerFrame,
} from "./frames";
import { ShapeError } from "./shape";

/** Longer than a cold start, shorter than a person's patience. */
export const REPLY_TIMEOUT_MS = 15_000;
export const OPEN_TIMEOUT_MS = 10_000;
/** The server closes a connection that idles for 10 minutes. */
export const PING_INTERVAL_MS = 240_000;
const PROBE_TIMEOUT_MS = 5_000;

/** `stopped`: by the caller; `refused`: the session is no longer accepted, so trying again is pointless. */
export type Phase = "connecting" | "online" | "waiting" | "stopped" | "refused";

/** `offlineSinceMs` is the client's clock when the line was last up (or first asked for); null while it is up. */
export interface ConnectionStatus {
  readonly phase: Phase;
  readonly offlineSinceMs: number | null;
}

export interface Ticket {
  readonly ticket: string;
  readonly url: string;
}

/** The part of `WebSocket` that is used here. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose" | "onerror">;

export interface ConnectionOptions {
  /** Fetches a single-use ticket; `RequestFailed` with status 401 ends the connection as `refused`. */
  readonly fetchTicket: () => Promise<Ticket>;
  readonly openSocket?: (url: string) => Socket;
  readonly random?: () => number;
  readonly onStatus: (status: ConnectionStatus) => void;
  readonly onEvent: (event: ServerEvent) => void;
}

interface Waiter {
  readonly action: Action;
  readonly sentAtMs: number;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface RequestOptions {
  /** The command's id; a new one where none is given. */
  readonly id?: string;
  readonly timeoutMs?: number;
}

export class Connection {
  status: ConnectionStatus = { phase: "stopped", offlineSinceMs: null };

  readonly #options: ConnectionOptions;
  readonly #waiters = new Map<string, Waiter>();
  #socket: Socket | null = null;
  #attempt = 0;
  /** Grows with every attempt and stop, so that what belongs to an earlier one is recognised as late. */
  #generation = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #lastFrameAtMs = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get online(): boolean {
    return this.status.phase === "online";
  }

  /** Does nothing when it is already running. */
  start(): void {
    if (this.status.phase !== "stopped") return;
    this.#attempt = 0;
    void this.#open();
  }

  /** Closes the socket and rejects what is unanswered. It can be started again. */
  stop(): void {
    this.#end("stopped");
  }

  /**
   * The network or the page came back, or a person asked: tries at once instead of waiting out the delay, and where
   * a socket seems open, makes sure that it still is.
   */
  nudge(): void {
    if (this.status.phase === "waiting") {
      this.#attempt = 0;
      void this.#open();
    } else if (this.online) {
      this.#ping(PROBE_TIMEOUT_MS);
    }
  }

  /** Sends one command. Rejects with `ConnectionLost`, `CommandRefused`, `ReplyTimeout` or `ShapeError`. */
  request<A extends Action>(action: A, command: Commands[A], options: RequestOptions = {}): Promise<Results[A]> {
    const socket = this.#socket;
    if (!this.online || socket === null) return Promise.reject(new ConnectionLost());
    const { id = crypto.randomUUID(), timeoutMs = REPLY_TIMEOUT_MS } = options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#expire(id, timeoutMs);
      }, timeoutMs);
      this.#waiters.set(id, {
        action,
        sentAtMs: Date.now(),
        timer,
        resolve: (result) => {
          resolve(decodeResult(action, result));
        },
        reject,
      });
      socket.send(encodeCommand(action, id, command));
    });
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    clearTimeout(this.#retryTimer);
    this.#setPhase("connecting");
    try {
      const { url, ticket } = await this.#options.fetchTicket();
      if (generation === this.#generation) this.#dial(`${url}?ticket=${encodeURIComponent(ticket)}`, generation);
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof RequestFailed && error.status === 401) this.#end("refused");
      else this.#retryLater();
    }
  }

  #dial(url: string, generation: number): void {
    const socket = this.#options.openSocket?.(url) ?? new WebSocket(url);
    const isCurrent = (): boolean => generation === this.#generation;
    this.#socket = socket;
    socket.onopen = () => {
      if (isCurrent()) this.#opened();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (isCurrent()) this.#receive(event.data);
    };
    socket.onclose = () => {
      if (isCurrent()) this.#drop();
    };
    this.#openTimer = setTimeout(() => {
      if (isCurrent()) this.#drop();
    }, OPEN_TIMEOUT_MS);
  }

  #opened(): void {
    clearTimeout(this.#openTimer);
    this.#pingTimer = setInterval(() => {
      this.#ping(REPLY_TIMEOUT_MS);
    }, PING_INTERVAL_MS);
    this.#setPhase("online");
  }

  #receive(data: unknown): void {
    this.#lastFrameAtMs = Date.now();
    this.#attempt = 0;
    if (typeof data !== "string") {
      console.error("a binary frame was passed over");
      return;
    }
    let frame: ServerFrame;
    try {
      frame = decodeFrame(data);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      console.error("a frame that cannot be read was passed over:", error.message);
      return;
    }
    this.#dispatch(frame);
  }

  #dispatch(frame: ServerFrame): void {
    switch (frame.type) {
      case "ack":
        this.#acknowledge(frame.id, frame.result);
        break;
      case "error":
        this.#refuse(frame);
        break;
      case "gateway_fault":
        this.#refuse({
          type: "error",
          id: null,
          code: "unavailable",
          message: frame.message,
          temporary: true,
          retry_after_ms: null,
        });
        break;
      case "message":
      case "media_rejected":
        this.#options.onEvent(frame);
        break;
      case "unknown":
        break;
    }
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
    return waiter;
  }

  #expire(id: string, timeoutMs: number): void {
    const waiter = this.#take(id);
    if (waiter === undefined) return;
    waiter.reject(new ReplyTimeout(waiter.action, timeoutMs));
    // A line on which nothing at all arrived since is taken for dead; the browser may not notice for minutes.
    if (this.#lastFrameAtMs < waiter.sentAtMs) this.#drop();
  }

  #ping(timeoutMs: number): void {
    this.request("ping", {}, { timeoutMs }).catch((error: unknown) => {
      // Both show in the status; a refusal of a ping would be new.
      if (!(error instanceof ReplyTimeout || error instanceof ConnectionLost)) console.warn("ping:", error);
    });
  }

  #drop(): void {
    this.#hangUp();
    this.#retryLater();
  }

  #retryLater(): void {
    const generation = ++this.#generation;
    const delayMs = fullJitter(this.#attempt++, this.#options.random ?? Math.random);
    this.#setPhase("waiting");
    this.#retryTimer = setTimeout(() => {
      if (generation === this.#generation) void this.#open();
    }, delayMs);
  }

  #end(phase: "stopped" | "refused"): void {
    this.#generation++;
    clearTimeout(this.#retryTimer);
    this.#hangUp();
    this.#setPhase(phase);
  }

  /** Forgets the socket and everything that waited for it. */
  #hangUp(): void {
    this.#generation++;
    clearTimeout(this.#openTimer);
    clearInterval(this.#pingTimer);
    this.#socket?.close();
    this.#socket = null;
    const lost = [...this.#waiters.values()];
    this.#waiters.clear();
    // The phase must say "not online" before anyone who is told tries again.
    if (this.online) this.#setPhase("waiting");
    for (const waiter of lost) {
      clearTimeout(waiter.timer);
      waiter.reject(new ConnectionLost());
    }
  }

  #setPhase(phase: Phase): void {
    const offlineSinceMs = phase === "online" ? null : (this.status.offlineSinceMs ?? Date.now());
    if (phase === this.status.phase && offlineSinceMs === this.status.offlineSinceMs) return;
    this.status = { phase, offlineSinceMs };
    this.#options.onStatus(this.status);
  }
}
