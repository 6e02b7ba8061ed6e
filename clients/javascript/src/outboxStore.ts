/**
 * Where unsent messages are kept: in the browser's database, which all of a user's tabs have in common and which outlives
 * a crash, or in this page's memory where a browser refuses that (private windows of some).
 *
 * Knows neither when a message is sent nor by which tab.
 */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import { carriedError, carry, uncarry } from "./carriedErrors.ts";
import type { Answered, OutgoingMessage } from "./outbox.ts";
import { count, fields, optional, type Reader, record, text } from "./shape.ts";

export interface OutboxStore {
  /** The user's messages, those put first before the others. */
  load(): Promise<OutgoingMessage[]>;
  /** Puts a message behind all others, or in the place that it has. Rejects where there is no more space. */
  put(message: OutgoingMessage): Promise<void>;
  remove(id: string): Promise<void>;
  /** Forgets all that this user has left unsent. */
  clear(): Promise<void>;
  /** Hears no more of other tabs. What is under way is finished. */
  close(): void;
}

export class MemoryOutboxStore implements OutboxStore {
  readonly #messages = new Map<string, OutgoingMessage>();

  load(): Promise<OutgoingMessage[]> {
    return Promise.resolve([...this.#messages.values()]);
  }

  put(message: OutgoingMessage): Promise<void> {
    this.#messages.set(message.id, message);
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.#messages.delete(id);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.#messages.clear();
    return Promise.resolve();
  }

  close(): void {
    // There is nobody to hear of.
  }
}

const DATABASE = "agent-chat";
const VERSION = 1;

interface Schema extends DBSchema {
  outgoing: {
    /** Grows with every message that is put: the order in which they were written, whichever tab it was in. */
    key: number;
    value: object;
    indexes: { byUser: string; byId: string };
  };
}

/** The part of `BroadcastChannel` that is used here. */
export type ChangeChannel = Pick<BroadcastChannel, "postMessage" | "onmessage" | "close">;

export class IndexedOutboxStore implements OutboxStore {
  readonly #database: IDBPDatabase<Schema>;
  readonly #user: string;
  readonly #channel: ChangeChannel;

  private constructor(database: IDBPDatabase<Schema>, user: string, onChange: () => void) {
    this.#database = database;
    this.#user = user;
    this.#channel = new BroadcastChannel(`agent-chat.outbox.${user}`);
    this.#channel.onmessage = onChange;
  }

  /** Rejects where the browser has no database for this page. `onChange` is called when another tab changed something. */
  static async open(user: string, onChange: () => void): Promise<IndexedOutboxStore> {
    const database = await openDB<Schema>(DATABASE, VERSION, {
      upgrade: (it) => {
        const outgoing = it.createObjectStore("outgoing", { autoIncrement: true });
        outgoing.createIndex("byUser", "user");
        outgoing.createIndex("byId", "id", { unique: true });
      },
      // A newer page in another tab waits until older ones let go.
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
      },
    });
    return new IndexedOutboxStore(database, user, onChange);
  }

  async load(): Promise<OutgoingMessage[]> {
    const rows = await this.#database.getAllFromIndex("outgoing", "byUser", this.#user);
    return rows.map((row) => readRow(row)).filter((it) => it !== null);
  }

  async put(message: OutgoingMessage): Promise<void> {
    const { failure, ...kept } = message;
    const row = { ...kept, user: this.#user, failure: failure && carry(failure) };
    const transaction = this.#database.transaction("outgoing", "readwrite", { durability: "strict" });
    const place = await transaction.store.index("byId").getKey(message.id);
    await Promise.all([transaction.store.put(row, place), transaction.done]);
    this.#tell();
  }

  async remove(id: string): Promise<void> {
    await this.#delete("byId", id);
  }

  async clear(): Promise<void> {
    await this.#delete("byUser", this.#user);
  }

  close(): void {
    this.#channel.close();
    this.#database.close();
  }

  async #delete(index: "byId" | "byUser", value: string): Promise<void> {
    const transaction = this.#database.transaction("outgoing", "readwrite");
    const keys = await transaction.store.index(index).getAllKeys(value);
    await Promise.all([...keys.map((key) => transaction.store.delete(key)), transaction.done]);
    if (keys.length > 0) this.#tell();
  }

  #tell(): void {
    this.#channel.postMessage("changed");
  }
}

const answered: Reader<Answered> = record<Answered>({ seq: count, thread: count });

const outgoing: Reader<OutgoingMessage> = (value, path) => {
  const it = fields(value, path);
  const failure = optional(carriedError)(it["failure"], `${path}.failure`);
  return {
    id: text(it["id"], `${path}.id`),
    room: text(it["room"], `${path}.room`),
    text: text(it["text"], `${path}.text`),
    answers: optional(answered)(it["answers"], `${path}.answers`),
    createdAtMs: count(it["createdAtMs"], `${path}.createdAtMs`),
    failure: failure && uncarry(failure),
  };
};

/** Null for what another version of the page has left and this one can't read: it stays for that one. */
function readRow(row: object): OutgoingMessage | null {
  try {
    return outgoing(row, "outgoing");
  } catch (error) {
    console.warn("a stored unsent message can't be read:", error);
    return null;
  }
}
