/**
 * One user's connection to the server, over as many lines as it takes: opens a socket with a fresh ticket, says hello,
 * moves to a new one before the server's time limit ends the old, and comes back after every cut until it is stopped or
 * refused. Where no socket gets through but HTTP does, requests take its place until one does.
 *
 * Heartbeat, rotation and the window for coming back are the server's choice. A command that was on its way when a
 * line ended is rejected; sending again is the caller's decision (the outbox does it for messages). Knows no rooms,
 * no React.
 */

import { isElsewhere } from "./addresses.ts";
import { DEFAULT_WINDOW, fullJitter, type Window } from "./backoff.ts";
import { ChatError, CommandRefused, ConnectionLost, ReplyTimeout, RequestFailed } from "./errors.ts";
import { type Action, type Author, type Commands, PROTOCOL_VERSION, type Ready, type Results, type Synced } from "./frames.ts";
import { type HttpEndpoints, HttpLine } from "./httpLine.ts";
import { type Line, type LineOptions, REPLY_TIMEOUT_MS, type RequestOptions } from "./line.ts";
import { measures } from "./measures.ts";
import { type Socket, SocketLine } from "./socketLine.ts";

/** Sockets in a row that never got ready although a ticket was to be had, before requests take their place. */
export const SOCKET_ATTEMPTS = 2;
/** For the next attempt at a socket while requests serve: the first soon, the others ever less often. */
export const PROBE_WINDOW: Window = { firstMs: 5_000, mostMs: 120_000 };
/** For a heartbeat that was refused for a while. */
const HEARTBEAT_WINDOW: Window = { firstMs: 1_000, mostMs: 30_000 };
const PROBE_TIMEOUT_MS = 5_000;
const CLIENT = `javascript/${PROTOCOL_VERSION}`;
/** Whatever the server says, neither heartbeats nor new sockets come faster than this. */
const LEAST_INTERVAL_MS = 1_000;

/** `stopped`: by the caller; `refused`: the session is no longer accepted, so trying again is pointless. */
export type Phase = "connecting" | "online" | "waiting" | "stopped" | "refused";

/** `http`: no socket gets through, so requests take its place. What is said arrives up to a second later. */
export type Way = "socket" | "http";

/** `offlineSinceMs` is the client's clock when the line was last up (or first asked for); null while it is up. */
export interface ConnectionStatus {
  readonly phase: Phase;
  /** The way that is in use, or was last. */
  readonly way: Way;
  readonly offlineSinceMs: number | null;
}

export interface Ticket {
  readonly ticket: string;
  readonly url: string;
}

/** What is known of the rooms that are followed: the newest number of each, and of its changes. */
export interface Positions {
  readonly rooms: Readonly<Record<string, number>>;
  readonly revs: Readonly<Record<string, number>>;
}

export interface ConnectionOptions extends Pick<LineOptions, "onEvent" | "onExcluded"> {
  /** What the server's log calls this program, such as `web/1`. */
  readonly client?: string;
  /** Fetches a single-use ticket; `RequestFailed` with status 401 ends the connection as `refused`. */
  readonly fetchTicket: () => Promise<Ticket>;
  /** The stage is not at home where it was asked: another address is to be, by the next attempt. */
  readonly onElsewhere: () => void;
  readonly http: HttpEndpoints;
  readonly openSocket?: (url: string) => Socket;
  readonly random?: () => number;
  readonly onStatus: (status: ConnectionStatus) => void;
  /** A new socket has taken over; the old line stays open until what this subscribes on the new one has settled. */
  readonly onRotated: () => Promise<void>;
  /** For the heartbeat; several tabs may have to be asked. */
  readonly positions: () => Positions | Promise<Positions>;
  /** Rooms of which the server has newer numbers than those. */
  readonly onSynced: (newer: Synced) => void;
}

/** Of one tab: it knows its positions without asking anybody. */
export interface TabOptions extends ConnectionOptions {
  readonly positions: () => Positions;
}

export class Connection {
  status: ConnectionStatus = { phase: "stopped", way: "socket", offlineSinceMs: null };
  /** Whom the server takes this one for; null before it has been online. */
  user: Author | null = null;

  readonly #options: ConnectionOptions;
  /** Every line that is not yet closed: the one in use, one that is opening, one that is being left. */
  readonly #lines = new Set<Line>();
  #line: Line | null = null;
  #way: Way = "socket";
  #failedSockets = 0;
  #attempt = 0;
  #window: Window = DEFAULT_WINDOW;
  /** Grows with every attempt, cut and stop, so that what belongs to an earlier one is recognised as late. */
  #generation = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #rotateTimer: ReturnType<typeof setTimeout> | undefined;
  #heartbeatTimer: ReturnType<typeof setTimeout> | undefined;
  #heartbeatMs = Infinity;
  #failedHeartbeats = 0;
  /** The line went away while it was up, and there is none yet in its place. */
  #wasCut = false;
  /** By how much the server's clock is ahead of this one's. */
  #clockAheadMs = 0;

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

  /** Closes the line and rejects what is unanswered. It can be started again. */
  stop(): void {
    this.#end("stopped");
  }

  /**
   * The network or the page came back, or a person asked: tries at once instead of waiting out the delay, and where
   * a line seems open, makes sure that it still is.
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
    const way = this.#failedSockets < SOCKET_ATTEMPTS ? "socket" : "http";
    clearTimeout(this.#retryTimer);
    this.#setPhase("connecting");
    try {
      const opened = await this.#dial(way, generation);
      if (opened !== null) this.#use(...opened, way);
    } catch (error) {
      if (generation !== this.#generation) return;
      // Perhaps it is requests that don't get through by now: a socket is tried once before the next.
      if (way === "http") this.#failedSockets = SOCKET_ATTEMPTS - 1;
      if (isElsewhere(error)) this.#options.onElsewhere();
      if (isSessionOver(error)) this.#end("refused");
      else this.#cut();
    }
  }

  /** A line on which the server has answered hello; null where nobody waits for it any more. */
  async #dial(way: Way, generation: number): Promise<[Line, Ready] | null> {
    const isLate = (): boolean => generation !== this.#generation;
    const ticket = way === "socket" ? await this.#options.fetchTicket() : null;
    if (isLate()) return null;
    let line: Line | null = null;
    try {
      line = this.#makeLine(ticket);
      await line.opened;
      const ready = await line.request("hello", { client: this.#options.client ?? CLIENT });
      if (!isLate()) return [line, ready];
      line.close();
      return null;
    } catch (error) {
      line?.close();
      // What the server refuses it refuses over a socket that works.
      if (way === "socket" && !isLate() && !(error instanceof CommandRefused)) this.#failedSockets++;
      throw error;
    }
  }

  /** A socket where there is a ticket for it, else requests. */
  #makeLine(ticket: Ticket | null): Line {
    const { openSocket, http, onEvent, onExcluded } = this.#options;
    const options: LineOptions = {
      onEvent: (event) => {
        if (event.type === "message") measures.delivered(Date.now() + this.#clockAheadMs - event.message.sent_at_ms);
        onEvent(event);
      },
      onExcluded,
      onClosed: (how) => {
        this.#lines.delete(line);
        if (how === "refused") this.#end("refused");
        else if (how === "lost" && line === this.#line) this.#cut();
      },
    };
    let line: Line;
    if (ticket === null) line = new HttpLine(http, options, this.#random);
    else {
      const address = `${ticket.url}?ticket=${encodeURIComponent(ticket.ticket)}`;
      line = new SocketLine(openSocket?.(address) ?? new WebSocket(address), options);
    }
    this.#lines.add(line);
    return line;
  }

  #use(line: Line, ready: Ready, way: Way): void {
    if (this.#wasCut) measures.reconnected();
    this.#wasCut = false;
    this.user = ready.user;
    measures.fellBack(way === "http");
    this.#clockAheadMs = ready.now_ms - Date.now();
    this.#line = line;
    this.#way = way;
    this.#attempt = 0;
    this.#window = { firstMs: ready.reconnect.first_ms, mostMs: ready.reconnect.most_ms };
    this.#heartbeatMs = Math.max(LEAST_INTERVAL_MS, ready.heartbeat_s * 1000);
    this.#beatIn(this.#heartbeatMs);
    if (way === "socket") this.#failedSockets = 0;
    this.#rotateIn(way === "socket" ? ready.rotate_after_s * 1000 : this.#pauseMs(PROBE_WINDOW));
    this.#setPhase("online");
  }

  #pauseMs(window: Window): number {
    return fullJitter(this.#attempt++, this.#random, window);
  }

  #rotateIn(delayMs: number): void {
    clearTimeout(this.#rotateTimer);
    this.#rotateTimer = setTimeout(() => void this.#rotate(), Math.max(LEAST_INTERVAL_MS, delayMs));
  }

  /** Makes the new socket before it breaks the old line. Where that fails the old one serves on, and it is tried again. */
  async #rotate(): Promise<void> {
    const generation = this.#generation;
    const old = this.#line;
    try {
      const opened = await this.#dial("socket", generation);
      if (opened === null) return;
      this.#use(...opened, "socket");
    } catch (error) {
      if (generation === this.#generation) this.#rotationFailed(error);
      return;
    }
    try {
      await this.#options.onRotated();
    } finally {
      old?.retire();
    }
  }

  #rotationFailed(error: unknown): void {
    const isExpected = this.#way === "http";
    if (!isExpected) console.warn("a new connection could not be opened yet:", error);
    if (isSessionOver(error)) this.#end("refused");
    else this.#rotateIn(this.#pauseMs(isExpected ? PROBE_WINDOW : this.#window));
  }

  #beatIn(delayMs: number): void {
    clearTimeout(this.#heartbeatTimer);
    this.#heartbeatTimer = setTimeout(() => {
      this.#sync(REPLY_TIMEOUT_MS);
    }, delayMs);
  }

  /** The heartbeat. One that is refused for a while is tried again soon: until then what it would bring is missing. */
  #sync(timeoutMs: number): void {
    const { positions, onSynced } = this.#options;
    this.#beatIn(this.#heartbeatMs);
    this.#exchange(positions(), timeoutMs).then(
      (synced) => {
        this.#failedHeartbeats = 0;
        onSynced(synced);
      },
      (error: unknown) => {
        // A line that is dead has been dropped by now.
        if (error instanceof ReplyTimeout || error instanceof ConnectionLost) return;
        console.warn("sync:", error);
        if (!(error instanceof ChatError && error.temporary)) return;
        const isTold = error instanceof CommandRefused || error instanceof RequestFailed;
        const pauseMs = fullJitter(this.#failedHeartbeats++, this.#random, HEARTBEAT_WINDOW);
        const soonMs = (isTold ? (error.retryAfterMs ?? 0) : 0) + pauseMs;
        this.#beatIn(Math.min(this.#heartbeatMs, Math.max(LEAST_INTERVAL_MS, soonMs)));
      },
    );
  }

  async #exchange(positions: Positions | Promise<Positions>, timeoutMs: number): Promise<Synced> {
    return this.request("sync", await positions, { timeoutMs });
  }

  /** The line is gone: comes back in a while. */
  #cut(): void {
    if (this.online) this.#attempt = 0;
    this.#wasCut ||= this.online;
    this.#hangUp();
    const generation = this.#generation;
    const delayMs = this.#pauseMs(this.#window);
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

  /** Forgets every line and everything that waited for one. */
  #hangUp(): void {
    this.#generation++;
    measures.fellBack(false);
    clearTimeout(this.#rotateTimer);
    clearTimeout(this.#heartbeatTimer);
    if (this.online) this.#setPhase("waiting");
    this.#line = null;
    for (const line of [...this.#lines]) line.close();
  }

  get #random(): () => number {
    return this.#options.random ?? Math.random;
  }

  #setPhase(phase: Phase): void {
    const offlineSinceMs = phase === "online" ? null : (this.status.offlineSinceMs ?? Date.now());
    const { status } = this;
    if (phase === status.phase && this.#way === status.way && offlineSinceMs === status.offlineSinceMs) return;
    this.status = { phase, way: this.#way, offlineSinceMs };
    this.#options.onStatus(this.status);
  }
}

function isSessionOver(error: unknown): boolean {
  return error instanceof RequestFailed && error.status === 401;
}
