/**
 * Which of several tabs leads: exactly one while there are any. The browser passes the lead on when a tab is closed or
 * crashes, because it is a lock (Web Locks) that ends with whoever holds it. Knows nothing of what leading means.
 */

/** The part of `navigator.locks` that is used here. */
export type Locks = Pick<LockManager, "request">;

export interface LeadershipOptions {
  readonly locks: Locks;
  readonly name: string;
  readonly onLead: () => void;
  /** Another tab has taken the lead away, because this one did not answer. */
  readonly onDeposed: () => void;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  /** Ends waiting for the lock. */
  #waiting = new AbortController();
  /** Lets go of the lock; null while another tab has it. */
  #letGo: (() => void) | null = null;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  get leads(): boolean {
    return this.#letGo !== null;
  }

  /** Leads as soon as no other tab does. */
  stand(): void {
    this.#request({ signal: this.#waitAnew() });
  }

  /** Leads at once, whoever did: for where that tab no longer answers. */
  seize(): void {
    this.#waitAnew();
    this.#request({ steal: true });
  }

  resign(): void {
    this.#waitAnew();
    this.#letGo?.();
    this.#letGo = null;
  }

  #request(options: LockOptions): void {
    const { locks, name, onLead } = this.#options;
    const { signal } = this.#waiting;
    let release: (() => void) | null = null;
    const hold = (): Promise<void> | undefined => {
      if (signal.aborted) return undefined; // it came too late
      return new Promise((resolve) => {
        release = resolve;
        this.#letGo = resolve;
        onLead();
      });
    };
    locks.request(name, options, hold).catch((error: unknown) => {
      if (release !== null && this.#letGo === release) this.#deposed();
      else if (!signal.aborted) console.warn("the lead among tabs can't be had:", error);
    });
  }

  #deposed(): void {
    this.#letGo = null;
    this.#options.onDeposed();
  }

  #waitAnew(): AbortSignal {
    this.#waiting.abort();
    this.#waiting = new AbortController();
    return this.#waiting.signal;
  }
}
