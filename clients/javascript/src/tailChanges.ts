/**
 * What a reader of a room's tail knows of its changes, and how that is laid over older copies of messages. Pure.
 *
 * Caches serve what they have: a segment may be older than the changes that the reader was told of already. Each document
 * says up to which change it is complete, so that none is taken for newer than it is.
 */

import type { Message, TailChanges, TailLive, TailSegment } from "./frames.ts";

/** Numbers in a segment, and changes in a page of them. */
export const SEGMENT = 64;
/** Changed messages held: what is older than those is read from the history instead. */
const MAX_HELD = 1_000;

export class TailChangeLog {
  #rev: number;
  /** Copies from before this change can't be brought up to date. */
  #begin: number;
  readonly #changed = new Map<number, Message>();

  constructor(rev: number) {
    this.#rev = this.#begin = rev;
  }

  /** The change up to which all are known. */
  get rev(): number {
    return this.#rev;
  }

  /** The page that has the next change. */
  get nextPage(): number {
    return Math.floor((this.#rev + 1) / SEGMENT);
  }

  /** Whether changes are missing before those that a poll tells of. */
  lacks(live: TailLive): boolean {
    return this.#rev < live.changed_after;
  }

  /** Takes in what a poll or a page tells, which `lacks` nothing before it; the messages that are news. */
  learn({ changed, last_rev }: TailLive | TailChanges): Message[] {
    const news = changed.filter(({ seq, rev }) => rev > (this.#changed.get(seq)?.rev ?? this.#begin));
    for (const message of news) {
      this.#changed.delete(message.seq); // what was changed last stands last
      this.#changed.set(message.seq, message);
    }
    for (const [seq, { rev }] of this.#changed) {
      if (this.#changed.size <= MAX_HELD) break;
      this.#changed.delete(seq);
      this.#begin = Math.max(this.#begin, rev);
    }
    this.#rev = Math.max(this.#rev, last_rev);
    return news;
  }

  /** All changes up to `rev` were told some other way. */
  catchUp(rev: number): void {
    if (rev <= this.#rev) return;
    this.#changed.clear();
    this.#rev = this.#begin = rev;
  }

  /** The messages of a document with all known changes; null where it is too old for that. */
  current(told: TailLive | TailSegment): Message[] | null {
    const rev = "last_rev" in told ? told.last_rev : told.rev;
    if (rev < this.#begin) return null;
    return told.messages.map((message) => {
      const held = this.#changed.get(message.seq);
      return held !== undefined && held.rev > message.rev ? held : message;
    });
  }
}
