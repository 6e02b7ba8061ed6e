/** Messages that are quoted by others and stand too far above them to be in the log. Each is asked for once. */

import { changed, type Copy, erased, type MessageChange, targetOf } from "@agent-chat/client/changes";
import type { Connection } from "@agent-chat/client/connection";
import { Store } from "@agent-chat/client/store";

export class Quotes {
  /** By number; null for one that can't be had. */
  readonly view = new Store<ReadonlyMap<number, Copy | null>>(new Map());
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  readonly #asked = new Set<number>();

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  /** Has it in `view` soon. */
  async want(seq: number): Promise<void> {
    if (this.#asked.has(seq)) return;
    this.#asked.add(seq);
    try {
      const { messages } = await this.#connection.request("history", { room: this.#room, around: seq, limit: 1 });
      this.#put(seq, messages.find((message) => message.seq === seq) ?? null);
    } catch (error) {
      console.warn(`message ${seq} of ${this.#room}:`, error);
      this.#asked.delete(seq); // whoever shows it next asks again
    }
  }

  change(change: MessageChange): void {
    const { seq } = targetOf(change);
    const known = this.view.get().get(seq) ?? null;
    if (known !== null) this.#put(seq, changed(known, change));
  }

  erase(author: string): void {
    for (const [seq, message] of this.view.get()) if (message?.from?.id === author) this.#put(seq, erased(message));
  }

  #put(seq: number, message: Copy | null): void {
    this.view.update((all) => new Map(all).set(seq, message));
  }
}
