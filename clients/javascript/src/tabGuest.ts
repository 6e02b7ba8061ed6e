/**
 * A tab without a line of its own: asks the tab that has it, and hears from it what comes in.
 *
 * Whatever is unanswered when another tab has taken over is rejected as at a cut. A host that does not answer at all, because
 * its tab is frozen, is given up.
 */

import { uncarry } from "./carriedErrors.ts";
import type { ConnectionStatus, TabOptions } from "./connection.ts";
import { CommandRefused, ConnectionLost, ReplyTimeout } from "./errors.ts";
import type { Action, Commands, Results } from "./frames.ts";
import { REPLY_TIMEOUT_MS, type RequestOptions } from "./line.ts";
import type { GuestWord, HostWord } from "./tabWords.ts";

/** Longer than a busy page takes to answer another. */
export const LIFE_TIMEOUT_MS = 2_000;
/** For the way between the tabs, on top of what the host waits for the server. */
const MARGIN_MS = 1_000;

export interface TabGuestOptions {
  readonly tab: string;
  readonly connection: TabOptions;
  readonly onChanged: (room: string | null) => void;
  readonly say: (word: GuestWord) => void;
  /** Nobody answers: the host is frozen, or there is none. */
  readonly onSilence: () => void;
}

interface Waiter {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class TabGuest {
  status: ConnectionStatus = { phase: "connecting", way: "socket", offlineSinceMs: Date.now() };

  readonly #options: TabGuestOptions;
  readonly #waiters = new Map<number, Waiter>();
  #asked = 0;
  #host: string | null = null;
  #lifeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TabGuestOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.connection.onStatus(this.status);
    this.#say({ kind: "joined" });
    this.#expectLife();
  }

  /** Rejects what is unanswered. */
  stop(): void {
    clearTimeout(this.#lifeTimer);
    this.#lifeTimer = undefined;
    this.#abandon();
  }

  nudge(): void {
    this.#say({ kind: "nudge" });
    this.#expectLife();
  }

  request<A extends Action>(action: A, command: Commands[A], options: RequestOptions): Promise<Results[A]> {
    if (this.status.phase !== "online") return Promise.reject(new ConnectionLost());
    const number = this.#asked++;
    const timeoutMs = (options.timeoutMs ?? REPLY_TIMEOUT_MS) + MARGIN_MS;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#take(number)?.reject(new ReplyTimeout(action, timeoutMs));
      }, timeoutMs);
      this.#waiters.set(number, { timer, resolve: resolve as Waiter["resolve"], reject });
      this.#say({ kind: "ask", number, asked: { action, command, options } });
    });
  }

  /** The host said something. */
  hear(word: HostWord): void {
    const { tab, connection, onChanged } = this.#options;
    clearTimeout(this.#lifeTimer);
    this.#lifeTimer = undefined;
    switch (word.kind) {
      case "leading":
        this.#follow(word.host, word.status);
        break;
      case "result":
        if (word.to === tab) this.#take(word.number)?.resolve(word.result);
        break;
      case "failure":
        if (word.to === tab) this.#take(word.number)?.reject(uncarry(word.error));
        break;
      case "event":
        if (word.except !== tab) connection.onEvent(word.event);
        break;
      case "excluded": {
        const refusal = uncarry(word.error);
        if (refusal instanceof CommandRefused) connection.onExcluded(word.room, refusal);
        break;
      }
      case "changed":
        if (word.except !== tab) onChanged(word.room);
        break;
      case "synced":
        connection.onSynced(word.newer);
        break;
      case "rotated":
        void this.#move();
        break;
      case "where":
        this.#say({ kind: "positions", positions: connection.positions() });
        break;
    }
  }

  async #move(): Promise<void> {
    await this.#options.connection.onRotated();
    this.#say({ kind: "moved" });
  }

  #follow(host: string, status: ConnectionStatus): void {
    const isAnother = host !== this.#host;
    const wasOnline = this.status.phase === "online";
    this.#host = host;
    if (isAnother && wasOnline) {
      this.#set({ ...status, phase: "connecting", offlineSinceMs: status.offlineSinceMs ?? Date.now() });
      this.#abandon();
    }
    this.#set(status);
    if (status.phase !== "online") this.#abandon();
  }

  #set(status: ConnectionStatus): void {
    this.status = status;
    this.#options.connection.onStatus(status);
  }

  #abandon(): void {
    const lost = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const waiter of lost) {
      clearTimeout(waiter.timer);
      waiter.reject(new ConnectionLost());
    }
  }

  #take(number: number): Waiter | undefined {
    const waiter = this.#waiters.get(number);
    if (waiter === undefined) return undefined;
    clearTimeout(waiter.timer);
    this.#waiters.delete(number);
    return waiter;
  }

  #expectLife(): void {
    this.#lifeTimer ??= setTimeout(() => {
      this.#lifeTimer = undefined;
      this.#options.onSilence();
    }, LIFE_TIMEOUT_MS);
  }

  #say(word: Without<GuestWord, "tab">): void {
    this.#options.say({ ...word, tab: this.#options.tab });
  }
}

/** Each of several kinds without a field. */
type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

