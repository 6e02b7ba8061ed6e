/**
 * How far the others in a room have read. Known of rooms in which up to 100 members have read anything: of larger ones
 * it is asked for message by message (`receipts`).
 */

import type { Connection } from "@agent-chat/client/connection";
import { ConnectionLost } from "@agent-chat/client/errors";
import { MAX_PAGE, type Reader } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

export class Readers {
  /** In no order; empty where it is not known. */
  readonly view = new Store<readonly Reader[]>([]);
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  /** Asks for all of them; afterwards they are told. */
  async load(): Promise<void> {
    try {
      // Whoever has read anything has read the first message.
      const page = await this.#connection.request("receipts", { room: this.#room, seq: 1, limit: MAX_PAGE });
      if (page.after === null) this.told(page.readers);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) console.warn(`readers of ${this.#room}:`, error);
    }
  }

  /** All of them, as they are now. Nobody reads back: what comes late takes nothing back. */
  told(readers: readonly Reader[]): void {
    const known = new Map(this.view.get().map((reader) => [reader.user.id, reader]));
    for (const reader of readers) {
      if ((known.get(reader.user.id)?.seq ?? 0) < reader.seq) known.set(reader.user.id, reader);
    }
    this.view.set([...known.values()]);
  }
}
