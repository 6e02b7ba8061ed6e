/**
 * Messages on their way out: each is kept until the server has numbered it or refused it for good.
 *
 * One room's messages go one after the other, because frames sent together may be handled out of order. What is
 * unanswered when the line is cut goes again with the same id, under which the server stores it once only.
 * Kept in the window's storage, so that a reload loses nothing.
 */

import { fullJitter } from "./backoff";
import type { Connection } from "./connection";
import { ChatError, CommandRefused, ConnectionLost } from "./errors";
import type { Sent } from "./frames";
import { count, fields, json, list, optional, type Reader, record, ShapeError, text } from "./shape";

/** Attempts that were answered with a temporary refusal or not at all, before a person is asked. */
export const MAX_ATTEMPTS = 6;
/** Whoever is muted for longer is told so at once, instead of seeing a message on its way for hours. */
export const MAX_WAIT_MS = 60_000;

/** A message by its number, and the thread that an answer to it is in. */
export interface Answered {
  readonly seq: number;
  readonly thread: number;
}

export interface OutgoingMessage {
  readonly id: string;
  readonly room: string;
  readonly text: string;
  /** What it answers; null where it answers nothing. */
  readonly answers: Answered | null;
  /** The client's clock; only ever shown, never ordered by. */
  readonly createdAtMs: number;
  /** Null while it is on its way. */
  readonly failure: ChatError | ShapeError | null;
}

export interface OutboxOptions {
  readonly connection: Pick<Connection, "online" | "request">;
  readonly onChange: (messages: readonly OutgoingMessage[]) => void;
  readonly onSent: (message: OutgoingMessage, sent: Sent) => void;
  readonly storage: Pick<Storage, "getItem" | "setItem">;
  /** Where in the storage, one per user. */
  readonly storageKey: string;
  readonly random?: () => number;
}

const answered: Reader<Answered> = record<Answered>({ seq: count, thread: count });

const stored: Reader<OutgoingMessage> = (value, path) => {
  const it = fields(value, path);
  return {
    id: text(it["id"], `${path}.id`),
    room: text(it["room"], `${path}.room`),
    text: text(it["text"], `${path}.text`),
    answers: optional(answered)(it["answers"], `${path}.answers`),
    createdAtMs: count(it["createdAtMs"], `${path}.createdAtMs`),
    failure: null,
  };
};

export class Outbox {
  readonly #options: OutboxOptions;
  #messages: readonly OutgoingMessage[];
  /** Rooms whose first message is being sent or waits for its next attempt. */
  readonly #busy = new Set<string>();
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#messages = this.#restore();
  }

  /** In the order in which they were written, failed ones included; a new list after every change. */
  get all(): readonly OutgoingMessage[] {
    return this.#messages;
  }

  add(room: string, body: string, answers: Answered | null = null): void {
    const message = { id: crypto.randomUUID(), room, text: body, answers, createdAtMs: Date.now(), failure: null };
    this.#update([...this.#messages, message]);
    void this.#drain(room);
  }

  /** Sends a failed message once more, behind the others; its id stays, in case the server has it after all. */
  retry(id: string): void {
    const message = this.#messages.find((it) => it.id === id);
    if (message === undefined) return;
    this.#update([...this.#without(id), { ...message, failure: null }]);
    void this.#drain(message.room);
  }

  /** Forgets a message: a person gave it up, or it was seen in the room. */
  remove(id: string): void {
    if (this.#messages.some((message) => message.id === id)) this.#update(this.#without(id));
  }

  /** To be called whenever the line is up. */
  resume(): void {
    this.#stopped = false;
    for (const room of new Set(this.#messages.map((message) => message.room))) void this.#drain(room);
  }

  /** Sends nothing more until `resume`; what is left stays in the storage. */
  stop(): void {
    this.#stopped = true;
  }

  async #drain(room: string): Promise<void> {
    if (this.#busy.has(room)) return;
    this.#busy.add(room);
    try {
      for (let next = this.#next(room); next !== undefined; next = this.#next(room)) {
        if (!(await this.#deliver(next))) break;
      }
    } finally {
      this.#busy.delete(room);
    }
  }

  #next(room: string): OutgoingMessage | undefined {
    if (this.#stopped || !this.#options.connection.online) return undefined;
    return this.#messages.find((message) => message.room === room && message.failure === null);
  }

  /** False when the line is down, so that the room has to wait for `resume`. */
  async #deliver(message: OutgoingMessage): Promise<boolean> {
    const { connection, onSent } = this.#options;
    for (let attempt = 0; this.#isWaiting(message.id); attempt++) {
      try {
        const { id, room, text: body, answers } = message;
        const reply_to = answers?.seq ?? null;
        const sent = await connection.request("send", { room, text: body, reply_to }, { id });
        onSent(message, sent);
        this.remove(id);
        return true;
      } catch (error) {
        if (!(error instanceof ChatError || error instanceof ShapeError)) throw error;
        if (error instanceof ConnectionLost) return connection.online;
        const isHopeful = error instanceof ChatError && error.temporary && waitOf(error) <= MAX_WAIT_MS;
        if (!isHopeful || attempt + 1 >= MAX_ATTEMPTS) {
          this.#fail(message.id, error);
          return true;
        }
        await this.#pause(attempt, error);
      }
    }
    return true;
  }

  #isWaiting(id: string): boolean {
    return !this.#stopped && this.#messages.some((message) => message.id === id && message.failure === null);
  }

  #pause(attempt: number, error: ChatError): Promise<void> {
    const delayMs = waitOf(error) + fullJitter(attempt, this.#options.random ?? Math.random);
    return new Promise((resolve) => setTimeout(resolve, delayMs));
  }

  #fail(id: string, failure: ChatError | ShapeError): void {
    this.#update(this.#messages.map((it) => (it.id === id ? { ...it, failure } : it)));
  }

  #without(id: string): OutgoingMessage[] {
    return this.#messages.filter((message) => message.id !== id);
  }

  #update(messages: readonly OutgoingMessage[]): void {
    this.#messages = messages;
    this.#store();
    this.#options.onChange(messages);
  }

  #store(): void {
    const kept = this.#messages.map((message) => ({ ...message, failure: undefined })); // a failure is for this page only
    try {
      this.#options.storage.setItem(this.#options.storageKey, JSON.stringify(kept));
    } catch (error) {
      // A full or forbidden storage costs only what a reload would have saved.
      console.warn("unsent messages could not be stored:", error);
    }
  }

  #restore(): OutgoingMessage[] {
    const source = this.#options.storage.getItem(this.#options.storageKey);
    if (source === null) return [];
    try {
      return list(stored)(json(source, "outbox"), "outbox");
    } catch (error) {
      console.warn("stored unsent messages could not be read:", error);
      return [];
    }
  }
}

/** How long the server asked to wait. */
function waitOf(error: ChatError): number {
  return error instanceof CommandRefused ? (error.retryAfterMs ?? 0) : 0;
}
