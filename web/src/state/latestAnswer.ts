/** What is asked for again and again, and shown: an answer that comes late does not take the place of a newer one. */

import { ConnectionLost } from "@agent-chat/client/errors";
import type { Store } from "@agent-chat/client/store";

interface Failing {
  readonly failure: unknown;
}

export class LatestAnswer<View extends Failing> {
  readonly #view: Store<View>;
  readonly #hasAny: (view: View) => boolean;
  /** Grows with each question. */
  #asking = 0;

  /** `hasAny` tells whether the view has had an answer. */
  constructor(view: Store<View>, hasAny: (view: View) => boolean) {
    this.#view = view;
    this.#hasAny = hasAny;
  }

  /** Asks, and shows the answer unless something else was asked meanwhile; where there is none, the view has the failure. */
  async ask<T>(question: () => Promise<T>, show: (answer: T) => void): Promise<void> {
    const asking = this.#asking + 1;
    try {
      await this.take(question, show);
    } catch (failure) {
      // What is there stays; with the next connection it is asked for again.
      if (asking !== this.#asking || (failure instanceof ConnectionLost && this.#hasAny(this.#view.get()))) return;
      this.#view.update((view) => ({ ...view, failure }));
    }
  }

  /** As `ask`, and rejects as the question does. */
  async take<T>(question: () => Promise<T>, show: (answer: T) => void): Promise<void> {
    const asking = ++this.#asking;
    const answer = await question();
    if (asking === this.#asking) show(answer);
  }

  /** An answer that is on its way does not count any more. */
  overtake(): void {
    this.#asking++;
  }
}
