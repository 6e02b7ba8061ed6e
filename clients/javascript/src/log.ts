/**
 * One room's messages in the order of the server's numbers, whichever way they came: live, as a page of history, or
 * as the acknowledgement of one's own. Knows which numbers are missing, and each message as it stands.
 *
 * Immutable: every change answers with a new log, or with the same one where nothing changed.
 */

import { changed, type Copy, erased, merged, type MessageChange, targetOf } from "./changes.ts";
import type { Message } from "./frames.ts";
import { lastOf } from "./numbers.ts";

/** Changes kept for messages that are not here yet: a page on its way may have been read before them. */
const MAX_EARLY = 100;

/** Numbers `first` to `last`, both included, that exist and are not here. */
export interface Gap {
  readonly first: number;
  readonly last: number;
}

interface Content {
  readonly messages: readonly Copy[];
  readonly lastSeq: number;
  readonly complete: boolean;
  /** The newest changes of messages that are not here, oldest first. */
  readonly early: readonly MessageChange[];
}

export class RoomLog {
  static readonly empty = new RoomLog({ messages: [], lastSeq: 0, complete: false, early: [] });

  readonly #content: Content;

  private constructor(content: Content) {
    this.#content = content;
  }

  /** Ascending by `seq`, each number once. */
  get messages(): readonly Copy[] {
    return this.#content.messages;
  }

  /** The highest number known to exist, 0 in an empty room. */
  get lastSeq(): number {
    return this.#content.lastSeq;
  }

  /** There is nothing older than the first message here. */
  get complete(): boolean {
    return this.#content.complete;
  }

  /** The number to page back from; null before anything is here. */
  get oldest(): number | null {
    return this.messages[0]?.seq ?? null;
  }

  get newest(): number | null {
    const last = this.messages.at(-1);
    return last === undefined ? null : lastOf(last);
  }

  /** The message of this number, where it is here. */
  find(seq: number): Copy | null {
    const found = this.messages[this.indexBehind(seq - 1)];
    return found?.seq === seq ? found : null;
  }

  /** The place of the first message behind this number; how many there are where there is none. By bisection. */
  indexBehind(seq: number): number {
    const { messages } = this;
    let low = 0;
    let high = messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((messages[middle]?.seq ?? Infinity) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes in messages in any order; of a number that is here already, the newer copy stays. */
  with(messages: readonly Message[]): RoomLog {
    const held = new Map(this.messages.map((message) => [message.seq, message]));
    const before = held.size;
    let isChanged = false;
    for (const message of messages) {
      const known = held.get(message.seq);
      const copy = known === undefined ? this.#sinceChanged(message) : merged(known, message);
      isChanged ||= copy !== known;
      held.set(message.seq, copy);
    }
    if (!isChanged) return this;
    const all = [...held.values()];
    if (held.size > before) all.sort((a, b) => a.seq - b.seq);
    const last = all.at(-1);
    return this.#but({
      messages: all,
      lastSeq: Math.max(this.lastSeq, last === undefined ? 0 : lastOf(last)),
      complete: this.complete || all[0]?.seq === 1,
      early: this.#content.early.filter((change) => !held.has(targetOf(change).seq)),
    });
  }

  /** Takes in what became of a message, be it here or still to come. */
  changed(change: MessageChange): RoomLog {
    const { seq } = targetOf(change);
    const known = this.find(seq);
    if (known === null) return this.#but({ early: [...this.#content.early, change].slice(-MAX_EARLY) });
    const copy = changed(known, change);
    if (copy === known) return this;
    return this.#but({ messages: this.messages.map((message) => (message === known ? copy : message)) });
  }

  /** Nothing of this author is left; numbers stay. */
  without(author: string): RoomLog {
    if (!this.messages.some(({ from }) => from?.id === author)) return this;
    return this.#but({
      messages: this.messages.map((message) => (message.from?.id === author ? erased(message) : message)),
      early: this.#content.early.filter((it) => it.type !== "message_changed" || it.message.from?.id !== author),
    });
  }

  /** The server said that the room has got to `seq`. */
  reaching(seq: number): RoomLog {
    return seq <= this.lastSeq ? this : this.#but({ lastSeq: seq });
  }

  /** What is up to `seq` is history again, to be asked for when somebody scrolls back to it. */
  above(seq: number): RoomLog {
    const messages = this.messages.filter((message) => message.seq > seq);
    return this.#but({ messages, lastSeq: Math.max(this.lastSeq, seq), complete: false });
  }

  /** The server said that there is nothing older. */
  completed(): RoomLog {
    return this.complete ? this : this.#but({ complete: true });
  }

  /**
   * Missing numbers above the oldest message here, oldest first. What is below it is history not yet asked for, or where
   * all of that was, missing too: a message that was still being stored then is in no page.
   */
  gaps(): Gap[] {
    const gaps: Gap[] = [];
    let expected = this.complete ? 1 : this.oldest;
    if (expected === null) return gaps;
    for (const message of this.messages) {
      if (message.seq > expected) gaps.push({ first: expected, last: message.seq - 1 });
      expected = lastOf(message) + 1;
    }
    if (expected <= this.lastSeq) gaps.push({ first: expected, last: this.lastSeq });
    return gaps;
  }

  #but(content: Partial<Content>): RoomLog {
    return new RoomLog({ ...this.#content, ...content });
  }

  /** A message that just came, after the changes that came before it. */
  #sinceChanged(message: Message): Copy {
    const since = this.#content.early.filter((change) => targetOf(change).seq === message.seq);
    return since.reduce<Copy>(changed, message);
  }
}
