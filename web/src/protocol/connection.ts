/**
 * One user's connection to the server, over as many sockets as it takes: opens one with a fresh ticket, says hello, moves
 * to a new one before the server's time limit ends the old, and comes back after every cut until it is stopped or refused.
 *
 * Heartbeat, rotation and the window for coming back are the server's choice. A command that was on its way when a
 * socket closed is rejected; sending again is the caller's decision (the outbox does it for messages). Knows no rooms,
 * no React.
 */

import { DEFAULT_WINDOW, fullJitter, type Window } from "./backoff";
import { ConnectionLost, ReplyTimeout, RequestFailed } from "./errors";
import { type Action, type Commands, PROTOCOL_VERSION, type Ready, type Results, type ServerEvent } from "./frames";
import { Line, REPLY_TIMEOUT_MS, type RequestOptions, type Socket } from "./line";

const PROBE_TIMEOUT_MS = 5_000;
const CLIENT = `web/${PROTOCOL_VERSION}`;
/** Whatever the server says, neither heartbeats nor new sockets come faster than this. */
const LEAST_INTERVAL_MS = 1_000;

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

export interface ConnectionOptions {
  /** Fetches a single-use ticket; `RequestFailed` with status 401 ends the connection as `refused`. */
  readonly fetchTicket: () => Promise<Ticket>;
  readonly openSocket?: (url: string) => Socket;
  readonly random?: () => number;
  readonly onStatus: (status: ConnectionStatus) => void;
  readonly onEvent: (event: ServerEvent) => void;
  /** A new socket has taken over; the old one stays open until what this subscribes on the new one has settled. */
  readonly onRotated: () => Promise<void>;
  /** The newest number of each room that is followed, for the heartbeat. */
  readonly positions: () => Readonly<Record<string, number>>;
  /** Rooms of which the server has newer numbers than those. */
  readonly onSynced: (rooms: Readonly<Record<string, number>>) => void;
}

export class Connection {
  status: ConnectionStatus = { phase: "stopped", offlineSinceMs: null };

  readonly #options: ConnectionOptions;
  /** Every socket that is not yet closed: the one in use, one that is opening, one that is being left. */
  readonly #lines = new Set<Line>();
  #line: Line | null = null;
  #attempt = 0;
  #window: Window = DEFAULT_WINDOW;
  /** Grows with every attempt, cut and stop, so that what belongs to an earlier one is recognised as late. */
  #generation = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #rotateTimer: ReturnType<typeof setTimeout> | undefined;
  #heartbeatTimer: ReturnType<typeof setInterval> | undefined;

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
      this.#sync(PROBE_TIMEOUT_MS);
    }
  }

  /** Sends one command. Rejects with `ConnectionLost`, `CommandRefused`, `ReplyTimeout` or `ShapeError`. */
  request<A extends Action>(action: A, command: Commands[A], options: RequestOptions = {}): Promise<Results[A]> {
    if (!this.online || this.#line === null) return Promise.reject(new ConnectionLost());
    return this.#line.request(action, command, options);
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    clearTimeout(this.#retryTimer);
    this.#setPhase("connecting");
    try {
      const opened = await this.#dial(generation);
      if (opened === null) return;
      this.#use(...opened);
      this.#setPhase("online");
    } catch (error) {
      if (generation !== this.#generation) return;
      if (isSessionOver(error)) this.#end("refused");
      else this.#cut();
    }
  }

  /** A socket on which the server has answered hello; null where nobody waits for it any more. */
  async #dial(generation: number): Promise<[Line, Ready] | null> {
    const { fetchTicket, openSocket, onEvent } = this.#options;
    const isLate = (): boolean => generation !== this.#generation;
    const { url, ticket } = await fetchTicket();
    if (isLate()) return null;
    const address = `${url}?ticket=${encodeURIComponent(ticket)}`;
    const line: Line = new Line(openSocket?.(address) ?? new WebSocket(address), {
      onEvent,
      onClosed: (wasLost) => {
        this.#lines.delete(line);
        if (wasLost && line === this.#line) this.#cut();
      },
    });
    this.#lines.add(line);
    try {
      await line.opened;
      const ready = await line.request("hello", { client: CLIENT });
      if (!isLate()) return [line, ready];
    } catch (error) {
      line.close();
      throw error;
    }
    line.close();
    return null;
  }

  #use(line: Line, ready: Ready): void {
    this.#line = line;
    this.#attempt = 0;
    this.#window = { firstMs: ready.reconnect.first_ms, mostMs: ready.reconnect.most_ms };
    clearInterval(this.#heartbeatTimer);
    this.#heartbeatTimer = setInterval(
      () => {
        this.#sync(REPLY_TIMEOUT_MS);
      },
      Math.max(LEAST_INTERVAL_MS, ready.heartbeat_s * 1000),
    );
    this.#rotateIn(ready.rotate_after_s * 1000);
  }

  #rotateIn(delayMs: number): void {
    clearTimeout(this.#rotateTimer);
    this.#rotateTimer = setTimeout(() => void this.#rotate(), Math.max(LEAST_INTERVAL_MS, delayMs));
  }

  /** Makes the new line before it breaks the old one. Where that fails the old one serves on, and it is tried again. */
  async #rotate(): Promise<void> {
    const generation = this.#generation;
    const old = this.#line;
    try {
      const opened = await this.#dial(generation);
      if (opened === null) return;
      this.#use(...opened);
    } catch (error) {
      if (generation !== this.#generation) return;
      console.warn("a new connection could not be opened yet:", error);
      if (isSessionOver(error)) this.#end("refused");
      else this.#rotateIn(fullJitter(this.#attempt++, this.#random, this.#window));
      return;
    }
    try {
      await this.#options.onRotated();
    } finally {
      old?.retire();
    }
  }

  #sync(timeoutMs: number): void {
    const { positions, onSynced } = this.#options;
    this.request("sync", { rooms: positions() }, { timeoutMs }).then(
      ({ rooms }) => {
        onSynced(rooms);
      },
      (error: unknown) => {
        // A line that is dead has been dropped by now.
        if (!(error instanceof ReplyTimeout || error instanceof ConnectionLost)) console.warn("sync:", error);
      },
    );
  }

  /** The line is gone: comes back in a while. */
  #cut(): void {
    this.#hangUp();
    const generation = this.#generation;
    const delayMs = fullJitter(this.#attempt++, this.#random, this.#window);
    this.#setPhase("waiting");
    this.#retryTimer = setTimeout(() => {
      if (generation === this.#generation) void this.#open();
    }, delayMs);
  }

  #end(phase: "stopped" | "refused"): void {
    clearTimeout(this.#retryTimer);
    // The phase must say "not online" before anyone who is told tries again.
    this.#setPhase(phase);
    this.#hangUp();
  }

  /** Forgets every socket and everything that waited for one. */
  #hangUp(): void {
    this.#generation++;
    clearTimeout(this.#rotateTimer);
    clearInterval(this.#heartbeatTimer);
    if (this.online) this.#setPhase("waiting");
    this.#line = null;
    for (const line of [...this.#lines]) line.close();
  }

  get #random(): () => number {
    return this.#options.random ?? Math.random;
  }

  #setPhase(phase: Phase): void {
    const offlineSinceMs = phase === "online" ? null : (this.status.offlineSinceMs ?? Date.now());
    if (phase === this.status.phase && offlineSinceMs === this.status.offlineSinceMs) return;
    this.status = { phase, offlineSinceMs };
    this.#options.onStatus(this.status);
  }
}

function isSessionOver(error: unknown): boolean {
  return error instanceof RequestFailed && error.status === 401;
}
