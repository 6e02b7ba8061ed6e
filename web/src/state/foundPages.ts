/** Messages that the server finds in one room, newest first and page by page. */

import { changed, type Copy, type MessageChange, targetOf } from "@agent-chat/client/changes";
import type { Found, Message } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

/** A page may be empty and still go on: so many are asked for before a person is asked again. */
const MAX_EMPTY = 5;

export interface FoundView {
  readonly found: readonly Copy[];
  readonly phase: "idle" | "looking" | "failed";
  readonly failure: unknown;
  /** Where it goes on; null where all has been seen. */
  readonly before: number | null;
}

const NOTHING: FoundView = { found: [], phase: "idle", failure: null, before: null };

export class FoundPages {
  readonly view = new Store<FoundView>(NOTHING);
  readonly #ask: (before: number | null) => Promise<Found>;
  /** Grows with each beginning, so that answers from before it are dropped. */
  #run = 0;

  /** `ask` answers with the page below a number; null for the newest. */
  constructor(ask: (before: number | null) => Promise<Found>) {
    this.#ask = ask;
  }

  /** Forgets what was found. */
  clear(): void {
    this.#run++;
    this.view.set(NOTHING);
  }

  /** Goes on below what was found, or tries again. */
  async more(): Promise<void> {
    const run = this.#run;
    if (this.view.get().phase === "looking") return;
    this.view.update((view) => ({ ...view, phase: "looking", failure: null }));
    try {
      let { before } = this.view.get();
      for (let pages = 0; pages < MAX_EMPTY; pages++) {
        const page = await this.#ask(before);
        if (run !== this.#run) return;
        ({ before } = page);
        this.view.update((view) => ({ ...view, found: merged(view.found, page.messages), before }));
        if (page.messages.length > 0 || before === null) break;
      }
      this.view.update((view) => ({ ...view, phase: "idle" }));
    } catch (failure) {
      if (run === this.#run) this.view.update((view) => ({ ...view, phase: "failed", failure }));
    }
  }

  /** Messages that would be found, and came some other way. Those below what was found so far come with their page. */
  add(messages: readonly Message[]): void {
    this.view.update((view) => {
      const { before } = view;
      const near = messages.filter(({ seq }) => before === null || seq >= before);
      return near.length === 0 ? view : { ...view, found: merged(near, view.found) };
    });
  }

  change(change: MessageChange): void {
    const { seq } = targetOf(change);
    this.view.update((view) => ({ ...view, found: view.found.map((it) => (it.seq === seq ? changed(it, change) : it)) }));
  }
}

/** Each number once, as the first list has it. */
function merged(first: readonly Copy[], second: readonly Copy[]): Copy[] {
  const bySeq = new Map([...second, ...first].map((it) => [it.seq, it]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
}
