/**
 * Where the stage is asked: at its home, which for a page is its own origin, or at another address that the stage has told of.
 *
 * A stage in several Regions is at home in one at a time, and the others refuse for as long as that lasts; its API may
 * have an address beside the one that its page comes from. Whoever goes through the list finds the one that answers.
 * The rules are those of `clients/python`, and both are held to `tests/addresses.json`.
 */

import { ChatError } from "./errors.ts";

const ELSEWHERE = "elsewhere";
const GOES_ON = new Set(["network", "unavailable", ELSEWHERE]);

export class Addresses {
  readonly #home: string;
  #bases: readonly string[];
  #at = 0;

  /** `home` is nothing where that is the page's own origin. */
  constructor(home = "") {
    this.#home = home;
    this.#bases = [home];
  }

  /** What stands before a path at the address in use. */
  get base(): string {
    return this.#bases[this.#at] ?? this.#home;
  }

  /** Others than home, which stays the first. What is in use stays so, where it is among them. */
  learn(others: readonly string[]): void {
    const { base } = this;
    this.#bases = [this.#home, ...others];
    this.#at = Math.max(0, this.#bases.indexOf(base));
  }

  /** Takes the next one, behind the last the first. */
  goOn(): void {
    this.#at = (this.#at + 1) % this.#bases.length;
  }

  /**
   * Asks, and where nobody answers or the stage is at home elsewhere, again at the next address, each once. Rejects as the
   * last one did.
   */
  async through<T>(ask: () => Promise<T>): Promise<T> {
    for (let others = this.#bases.length - 1; ; others--) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof ChatError) || !GOES_ON.has(error.code)) throw error;
        this.goOn();
        if (others === 0) throw error;
        console.warn("going to the next address of the stage:", error);
      }
    }
  }
}

/** Whether it is another address that would not refuse this. */
export function isElsewhere(error: unknown): boolean {
  return error instanceof ChatError && error.code === ELSEWHERE;
}
