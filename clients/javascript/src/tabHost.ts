/**
 * The tab that has the line: its connection serves the user's other tabs as well as its own.
 *
 * A room is subscribed to as long as one of the tabs shows it. What comes in is passed on to all of them in the order in which it
 * came, and every answer to whoever asked; a guest that is closed or crashes is missed, and its rooms are let go.
 */

import { carry } from "./carriedErrors.ts";
import { Connection, type ConnectionStatus, type Positions, type TabOptions } from "./connection.ts";
import { ConnectionLost } from "./errors.ts";
import type { Action, Author, Commands, Results } from "./frames.ts";
import type { RequestOptions } from "./line.ts";
import { deedOf } from "./ownDeeds.ts";
import type { Asked, GuestWord, HostWord } from "./tabWords.ts";

/** How long the host waits for what guests know before a heartbeat, and for their rooms before it leaves the old line. */
const POSITIONS_TIMEOUT_MS = 250;
const MOVE_TIMEOUT_MS = 15_000;

export interface TabHostOptions {
  readonly tab: string;
  readonly me: Author;
  /** Of this tab's own; every other tab hears the same by `say`. */
  readonly connection: TabOptions;
  /** Another of the user's tabs, or this one, did something in the room; null: with the list of rooms. */
  readonly onChanged: (room: string | null) => void;
  readonly say: (word: HostWord) => void;
  /** Calls `onGone` when the tab is no more. */
  readonly watch: (tab: string, onGone: () => void) => void;
}

export class TabHost {
  readonly #options: TabHostOptions;
  readonly #connection: Connection;
  readonly #guests = new Set<string>();
  /** The tabs that show a room, by room. */
  readonly #shown = new Map<string, Set<string>>();
  /** The last subscribing or unsubscribing of a room: frames of one socket may overtake each other. */
  readonly #settling = new Map<string, Promise<unknown>>();
  /** Who has not answered yet, and what to do when all have. */
  #positions: Gathering<Positions> | null = null;
  #moves: Gathering<null> | null = null;

  constructor(options: TabHostOptions) {
    this.#options = options;
    const { connection, say } = options;
    this.#connection = new Connection({
      ...connection,
      onStatus: this.#onStatus,
      onEvent: (event) => {
        say({ kind: "event", event, except: null });
        connection.onEvent(event);
      },
      onExcluded: (room, refusal) => {
        say({ kind: "excluded", room, error: carry(refusal) });
        connection.onExcluded(room, refusal);
      },
      onSynced: (newer) => {
        say({ kind: "synced", newer });
        connection.onSynced(newer);
      },
      onRotated: () => this.#moveRooms(),
      positions: () => this.#gatherPositions(),
    });
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get hasGuests(): boolean {
    return this.#guests.size > 0;
  }

  start(): void {
    this.#connection.start();
  }

  stop(): void {
    this.#connection.stop();
  }

  nudge(): void {
    this.#connection.nudge();
  }

  request<A extends Action>(action: A, command: Commands[A], options: RequestOptions): Promise<Results[A]> {
    return this.#serve(this.#options.tab, { action, command, options }) as Promise<Results[A]>;
  }

  /** A guest said something. */
  hear(word: GuestWord): void {
    this.#welcome(word.tab);
    if (word.kind === "ask") void this.#answer(word.tab, word.number, word.asked);
    else if (word.kind === "positions") this.#positions?.arrive(word.tab, word.positions);
    else if (word.kind === "moved") this.#moves?.arrive(word.tab, null);
    else {
      if (word.kind === "nudge") this.#connection.nudge();
      this.lead();
    }
  }

  /** Tells guests who leads, and how the line is. */
  lead(): void {
    const { phase } = this.status;
    // That this tab's session is over says nothing of theirs: the next one leads.
    if (phase !== "refused" && phase !== "stopped") {
      this.#options.say({ kind: "leading", host: this.#options.tab, status: this.status });
    }
  }

  readonly #onStatus = (status: ConnectionStatus): void => {
    if (status.phase !== "online") this.#shown.clear();
    this.lead();
    this.#options.connection.onStatus(status);
  };

  #welcome(tab: string): void {
    if (this.#guests.has(tab)) return;
    this.#guests.add(tab);
    this.#options.watch(tab, () => {
      this.#guests.delete(tab);
      this.#positions?.miss(tab);
      this.#moves?.miss(tab);
      for (const [room, tabs] of this.#shown) if (tabs.has(tab)) this.#letGo(room, tab);
    });
  }

  #letGo(room: string, tab: string): void {
    const asked: Asked<"unsubscribe"> = { action: "unsubscribe", command: { room }, options: {} };
    this.#serve(tab, asked).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) console.warn(`unsubscribe ${room}:`, error);
    });
  }

  async #answer(to: string, number: number, asked: Asked): Promise<void> {
    const { say } = this.#options;
    try {
      say({ kind: "result", to, number, result: await this.#serve(to, asked) });
    } catch (error) {
      say({ kind: "failure", to, number, error: carry(error) });
    }
  }

  async #serve(tab: string, asked: Asked): Promise<unknown> {
    const { action, command, options } = asked;
    if (action === "subscribe") return this.#subscribe(tab, asked as Asked<"subscribe">);
    if (action === "unsubscribe") return this.#unsubscribe(tab, (command as Commands["unsubscribe"]).room);
    const result = await this.#connection.request(action, command, options);
    this.#tellOthers(tab, asked, result);
    return result;
  }

  async #subscribe(tab: string, { command, options }: Asked<"subscribe">): Promise<Results["subscribe"]> {
    const tabs = this.#shown.get(command.room) ?? new Set();
    this.#shown.set(command.room, tabs.add(tab));
    try {
      return await this.#inOrder(command.room, () => this.#connection.request("subscribe", command, options));
    } catch (error) {
      tabs.delete(tab);
      throw error;
    }
  }

  async #unsubscribe(tab: string, room: string): Promise<Results["unsubscribe"]> {
    this.#shown.get(room)?.delete(tab);
    return this.#inOrder(room, async () => {
      if ((this.#shown.get(room)?.size ?? 0) > 0) return {};
      return this.#connection.request("unsubscribe", { room });
    });
  }

  async #inOrder<T>(room: string, act: () => Promise<T>): Promise<T> {
    const before = this.#settling.get(room);
    const now = before === undefined ? act() : before.then(act, act);
    this.#settling.set(room, now);
    try {
      return await now;
    } finally {
      if (this.#settling.get(room) === now) this.#settling.delete(room);
    }
  }

  #tellOthers(tab: string, asked: Asked, result: unknown): void {
    const { say, connection, onChanged, me } = this.#options;
    const deed = deedOf(asked, result, me);
    if (deed === null) return;
    const isOwn = tab === this.#options.tab;
    if ("event" in deed) {
      say({ kind: "event", event: deed.event, except: tab });
      if (!isOwn) connection.onEvent(deed.event);
    } else {
      say({ kind: "changed", room: deed.room, except: tab });
      if (!isOwn) onChanged(deed.room);
    }
  }

  async #moveRooms(): Promise<void> {
    this.#shown.clear();
    this.#moves = new Gathering(this.#guests, MOVE_TIMEOUT_MS);
    this.#options.say({ kind: "rotated" });
    await Promise.all([this.#options.connection.onRotated(), this.#moves.all]);
  }

  /** What all tabs know: of a room that several know, the least. */
  #gatherPositions(): Positions | Promise<Positions> {
    const own = this.#options.connection.positions();
    if (this.#guests.size === 0) return own;
    this.#positions = new Gathering(this.#guests, POSITIONS_TIMEOUT_MS);
    this.#options.say({ kind: "where" });
    return this.#positions.all.then((told) => [own, ...told].reduce(leastOf));
  }
}

/** Answers of several tabs, which may be closed or asleep: what has come when all have answered, or the time is up. */
class Gathering<T> {
  readonly all: Promise<readonly T[]>;
  readonly #missing: Set<string>;
  readonly #told: T[] = [];
  #finish: () => void = () => undefined;

  constructor(tabs: ReadonlySet<string>, timeoutMs: number) {
    this.#missing = new Set(tabs);
    this.all = new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(this.#told);
      }, timeoutMs);
      this.#finish = () => {
        if (this.#missing.size > 0) return;
        clearTimeout(timer);
        resolve(this.#told);
      };
    });
    this.#finish();
  }

  arrive(tab: string, value: T): void {
    if (this.#missing.has(tab)) this.#told.push(value);
    this.miss(tab);
  }

  miss(tab: string): void {
    this.#missing.delete(tab);
    this.#finish();
  }
}

function leastOf(a: Positions, b: Positions): Positions {
  return { rooms: least(a.rooms, b.rooms), revs: least(a.revs, b.revs) };
}

function least(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const both = { ...a, ...b };
  return Object.fromEntries(Object.keys(both).map((room) => [room, Math.min(a[room] ?? Infinity, b[room] ?? Infinity)]));
}

