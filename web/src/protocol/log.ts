/**
 * One room's messages in the order of the server's numbers, whichever way they came: live, as a page of history, or
 * as the acknowledgement of one's own. Knows which numbers are missing.
 *
 * Immutable: every change answers with a new log, or with the same one where nothing changed.
 */

import type { Message } from "./frames";

/** Numbers `first` to `last`, both included, that exist and are not here. */
export interface Gap {
  readonly first: number;
  readonly last: number;
}

export class RoomLog {
  static readonly empty = new RoomLog([], 0, false);

  /** Ascending by `seq`, each number once. */
  readonly messages: readonly Message[];
  /** The highest number known to exist, 0 in an empty room. */
  readonly lastSeq: number;
  /** There is nothing older than the first message here. */
  readonly complete: boolean;

  private constructor(messages: readonly Message[], lastSeq: number, complete: boolean) {
    this.messages = messages;
    this.lastSeq = lastSeq;
    this.complete = complete;
  }

  /** The number to page back from; null before anything is here. */
  get oldest(): number | null {
    return this.messages[0]?.seq ?? null;
  }

  get newest(): number | null {
    return this.messages.at(-1)?.seq ?? null;
  }

  /** Takes in messages in any order; a number that is here already stays as it is. */
  with(messages: readonly Message[]): RoomLog {
    const known = new Set(this.messages.map((message) => message.seq));
    const fresh = messages.filter((message) => !known.has(message.seq) && known.add(message.seq));
    if (fresh.length === 0) return this;
    const merged = [...this.messages, ...fresh].sort((a, b) => a.seq - b.seq);
    const lastSeq = Math.max(this.lastSeq, merged.at(-1)?.seq ?? 0);
    return new RoomLog(merged, lastSeq, this.complete || merged[0]?.seq === 1);
  }

  /** The server said that the room has got to `seq`. */
  reaching(seq: number): RoomLog {
    if (seq <= this.lastSeq) return this;
    return new RoomLog(this.messages, seq, this.complete);
  }

  /** The server said that there is nothing older. */
  completed(): RoomLog {
    return this.complete ? this : new RoomLog(this.messages, this.lastSeq, true);
  }

  /** Missing numbers above the oldest message here, oldest first. What is below it is history not yet asked for. */
  gaps(): Gap[] {
    const gaps: Gap[] = [];
    let expected = this.oldest;
    if (expected === null) return gaps;
    for (const { seq } of this.messages) {
      if (seq > expected) gaps.push({ first: expected, last: seq - 1 });
      expected = seq + 1;
    }
    if (expected <= this.lastSeq) gaps.push({ first: expected, last: this.lastSeq });
    return gaps;
  }
}
