/**
 * Messages on their way out: each is kept until the server has numbered it or a person gives it up.
 *
 * One room's messages go one after the other, because frames sent together may be handled out of order. What is
 * unanswered when the line is cut goes again with the same id, under which the server stores it once only.
 * Kept in a store that a user's tabs have in common: each shows all of it, and the one that leads sends it.
 */

import { fullJitter } from "./backoff.ts";
import { UNTOUCHED } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { ChatError, CommandRefused, ConnectionLost } from "./errors.ts";
import type { Author, Message, Sent } from "./frames.ts";
import { measures } from "./measures.ts";
import { MemoryOutboxStore, type OutboxStore } from "./outboxStore.ts";
import { ShapeError } from "./shape.ts";

/** Attempts that were answered with a temporary refusal or not at all, before a person is asked. */
export const MAX_ATTEMPTS = 6;
/** Whoever is muted for longer is told so at once, instead of seeing a message on its way for hours. */
export const MAX_WAIT_MS = 60_000;
/** Unsent messages of a user, failed ones included. Whoever has so many waits, or gives some up. */
export const MAX_KEPT = 500;

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
  /** Opens the store; rejects where there is none. `onChange` is for what other tabs change in it. */
  readonly openStore: (onChange: () => void) => Promise<OutboxStore>;
  /** Messages are in this page's memory only, and gone with it. Called once at most. */
  readonly onForgetful: () => void;
  /** Whether this tab is the one that sends what is in the store. */
  readonly leads: () => boolean;
  /** Whether the room is being joined at the moment: its messages wait for `resume`. */
  readonly isJoining: (room: string) => boolean;
  readonly random?: () => number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** Null while it is closed. */
  #store: Promise<OutboxStore> | null = null;
  #messages: readonly OutgoingMessage[] = [];
  /** Grows with every change here, so that what was read before one is recognised as late. */
  #version = 0;
  /** Messages that the store does not have yet, or did not take: the latter no other tab can send. */
  readonly #unstored = new Map<string, "waiting" | "refused">();
  /** There is no store that the tabs have in common: what is here is this tab's own. */
  #isAlone = false;
  #isForgetful = false;
  /** Rooms whose first message is being sent or waits for its next attempt. */
  readonly #busy = new Set<string>();
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** In the order in which they were written, failed ones included; a new list after every change. */
  get all(): readonly OutgoingMessage[] {
    return this.#messages;
  }

  /** The message as it waits now; null where too many do already, and it is not taken. */
  add(room: string, body: string, answers: Answered | null = null): OutgoingMessage | null {
    if (this.#messages.length >= MAX_KEPT) return null;
    const message = { id: crypto.randomUUID(), room, text: body, answers, createdAtMs: Date.now(), failure: null };
    this.#update([...this.#messages, message]);
    this.#put(message);
    void this.#drain(room);
    return message;
  }

  /** Sends a failed message once more, behind the others; its id stays, in case the server has it after all. */
  retry(id: string): void {
    const message = this.#messages.find((it) => it.id === id);
    if (message === undefined) return;
    const again = { ...message, failure: null };
    this.#update([...this.#without(id), again]);
    this.#write((store) => store.remove(id));
    this.#put(again);
    void this.#drain(message.room);
  }

  /** Forgets a message: a person gave it up, or it was seen in the room. */
  remove(id: string): void {
    if (!this.#messages.some((message) => message.id === id)) return;
    this.#unstored.delete(id);
    this.#update(this.#without(id));
    this.#write((store) => store.remove(id));
  }

  /** Shows and sends what was left. */
  start(): void {
    this.#stopped = false;
    void this.#reload();
  }

  /** To be called whenever the line is up, this tab has come to lead, or a room is joined, or is not to be. */
  resume(): void {
    for (const room of new Set(this.#messages.map((message) => message.room))) void this.#drain(room);
  }

  /** Sends nothing more; what is left stays in the store. */
  stop(): void {
    this.#stopped = true;
    void this.#store?.then((store) => {
      store.close();
    });
    this.#store = null;
  }

  /** Forgets everything: the user leaves this browser. */
  async clear(): Promise<void> {
    this.#unstored.clear();
    this.#update([]);
    await (await this.#opened()).clear();
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
    if (this.#stopped || !this.#options.connection.online || this.#options.isJoining(room)) return undefined;
    return this.#messages.find((it) => it.room === room && it.failure === null && this.#isOurs(it.id));
  }

  #isOurs(id: string): boolean {
    return this.#isAlone || this.#unstored.get(id) === "refused" || this.#options.leads();
  }

  /** False when the line is down, so that the room has to wait for `resume`. */
  async #deliver(message: OutgoingMessage): Promise<boolean> {
    const { connection, onSent } = this.#options;
    for (let attempt = 0; this.#isWaiting(message.id); attempt++) {
      try {
        const { id, room, text: body, answers } = message;
        const reply_to = answers?.seq ?? null;
        const askedAtMs = performance.now();
        const sent = await connection.request("send", { room, text: body, reply_to }, { id });
        measures.acked(performance.now() - askedAtMs);
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
    const failed = this.#messages.find((it) => it.id === id);
    if (failed !== undefined) this.#put(failed);
  }

  #without(id: string): OutgoingMessage[] {
    return this.#messages.filter((message) => message.id !== id);
  }

  #update(messages: readonly OutgoingMessage[]): void {
    this.#version++;
    this.#messages = messages;
    this.#options.onChange(messages);
  }

  #opened(): Promise<OutboxStore> {
    this.#store ??= this.#options.openStore(() => void this.#reload()).catch((error: unknown) => {
      this.#isAlone = true;
      this.#forget(error);
      return new MemoryOutboxStore();
    });
    return this.#store;
  }

  #put(message: OutgoingMessage): void {
    const { id, room } = message;
    this.#unstored.set(id, "waiting");
    this.#opened()
      .then((store) => store.put(message))
      .then(
        () => this.#unstored.delete(id),
        (error: unknown) => {
          this.#unstored.set(id, "refused");
          this.#forget(error);
          void this.#drain(room);
        },
      );
  }

  #write(change: (store: OutboxStore) => Promise<void>): void {
    this.#opened().then(change).catch((error: unknown) => {
      // At worst a message goes again with its id after a reload, and is stored once all the same.
      console.warn("unsent messages could not be stored:", error);
    });
  }

  /** Shows what is in the store by now, and sends of it what is this tab's to send. */
  async #reload(): Promise<void> {
    try {
      const store = await this.#opened();
      let version: number;
      let kept: OutgoingMessage[];
      do {
        version = this.#version;
        kept = await store.load();
      } while (version !== this.#version);
      const ids = new Set(kept.map(({ id }) => id));
      this.#update([...kept, ...this.#messages.filter(({ id }) => this.#unstored.has(id) && !ids.has(id))]);
    } catch (error) {
      if (this.#stopped) return;
      console.warn("stored unsent messages could not be read:", error);
    }
    this.resume();
  }

  #forget(error: unknown): void {
    if (this.#isForgetful) return;
    console.warn("unsent messages are kept in this page only:", error);
    this.#isForgetful = true;
    this.#options.onForgetful();
  }
}

/** What was sent, as the room has it: the server tells it to others than the sender. `mentions` are ids of members. */
export function asSaid({ id, text, answers }: OutgoingMessage, sent: Sent, from: Author, mentions: readonly string[]): Message {
  return {
    room: sent.room,
    seq: sent.seq,
    kind: "text",
    from,
    text,
    sent_at_ms: sent.sent_at_ms,
    command_id: id,
    media: null,
    ...UNTOUCHED,
    reply_to: answers?.seq ?? null,
    thread: answers?.thread ?? null,
    mentions,
    mine: [],
  };
}

/** How long the server asked to wait. */
function waitOf(error: ChatError): number {
  return error instanceof CommandRefused ? (error.retryAfterMs ?? 0) : 0;
}
