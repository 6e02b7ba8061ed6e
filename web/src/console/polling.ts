/**
 * Asks for something again and again while somebody looks: one request at a time, none of a hidden page, and after a
 * failure less and less often. Knows neither React nor the network.
 */

import { Store } from "@agent-chat/client/store";

/** The longest wait after failures. */
const SLOWEST_MS = 120_000;

/** The newest answer and, where there is no newer one, why. `atMs` is when it came; null before the first. */
export interface Polled<T> {
  readonly value: T | null;
  readonly error: unknown;
  readonly atMs: number | null;
  readonly isAsking: boolean;
}

export class Poller<T> {
  readonly state = new Store<Polled<T>>({ value: null, error: null, atMs: null, isAsking: false });
  readonly #ask: () => Promise<T>;
  /** Null: asked for once, and when somebody says so. */
  readonly #everyMs: number | null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isOn = false;
  #failures = 0;
  /** Somebody changed something while a request was under way, whose answer may not have it. */
  #isOutdated = false;

  constructor(ask: () => Promise<T>, everyMs: number | null) {
    this.#ask = ask;
    this.#everyMs = everyMs;
  }

  /** Starts, or goes on where it was: what is not due yet is not asked for. */
  start(nowMs: number = Date.now()): void {
    if (this.#isOn) return;
    this.#isOn = true;
    const { atMs } = this.state.get();
    if (atMs === null) void this.#askNow();
    else if (this.#everyMs !== null) this.#wait(Math.max(0, atMs + this.#everyMs - nowMs));
  }

  stop(): void {
    this.#isOn = false;
    this.#clear();
  }

  /** Asks at once, or once more behind the request that is under way. */
  readonly refresh = (): void => {
    this.#failures = 0;
    if (this.state.get().isAsking) this.#isOutdated = true;
    else void this.#askNow();
  };

  async #askNow(): Promise<void> {
    if (this.state.get().isAsking) return;
    this.#clear();
    this.state.update((it) => ({ ...it, isAsking: true }));
    try {
      const value = await this.#ask();
      this.#failures = 0;
      this.state.set({ value, error: null, atMs: Date.now(), isAsking: false });
    } catch (error) {
      this.#failures++;
      this.state.update((it) => ({ ...it, error, isAsking: false }));
    }
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isOutdated) {
      this.#isOutdated = false;
      void this.#askNow();
    } else if (this.#isOn && this.#everyMs !== null) {
      this.#wait(Math.min(this.#everyMs * 2 ** this.#failures, Math.max(SLOWEST_MS, this.#everyMs)));
    }
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => void this.#askNow(), ms);
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
