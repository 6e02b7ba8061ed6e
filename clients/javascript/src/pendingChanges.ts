/**
 * Changes of messages on their way out: edits, deletions, reactions, pins. Each is shown at once, and held until the
 * server has made it or refused it.
 *
 * Those of one message go one after the other. What is unanswered when the line is cut goes again with the same id,
 * and doing any of them twice is doing it once. They live as long as the page.
 */

import { fullJitter } from "./backoff.ts";
import { type Copy, type MessageChange, targetOf } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { ChatError, CommandRefused, ConnectionLost } from "./errors.ts";
import type { Author, Message } from "./frames.ts";
import { ShapeError } from "./shape.ts";
import { type Wish, wished } from "./wishes.ts";

/** Attempts that were answered with a temporary refusal or not at all, before the change is given up. */
export const MAX_ATTEMPTS = 4;
/** Longer pauses than this nobody waits out in front of a button. */
const MAX_WAIT_MS = 15_000;

export interface PendingChange {
  readonly id: string;
  /** As it was when the change was asked for. */
  readonly message: Copy;
  readonly wish: Wish;
  /** The client's clock. */
  readonly askedAtMs: number;
}

export interface PendingChangesOptions {
  readonly connection: Pick<Connection, "online" | "request">;
  readonly me: Author;
  readonly onChange: (pending: readonly PendingChange[]) => void;
  /** The server made it: to be told to whoever shows the message, as if somebody else had done it. */
  readonly onMade: (change: MessageChange) => void;
  readonly onRefused: (pending: PendingChange, error: ChatError | ShapeError) => void;
  readonly random?: () => number;
}

export class PendingChanges {
  readonly #options: PendingChangesOptions;
  #pending: readonly PendingChange[] = [];
  /** Messages of which a change is being sent or waits for its next attempt. */
  readonly #busy = new Set<string>();
  #stopped = false;

  constructor(options: PendingChangesOptions) {
    this.#options = options;
  }

  add(message: Copy, wish: Wish): void {
    this.#update([...this.#pending, { id: crypto.randomUUID(), message, wish, askedAtMs: Date.now() }]);
    void this.#drain(message);
  }

  /** To be called whenever the line is up. */
  resume(): void {
    this.#stopped = false;
    for (const { message } of this.#pending) void this.#drain(message);
  }

  /** Sends nothing more until `resume`. */
  stop(): void {
    this.#stopped = true;
  }

  async #drain(message: Message): Promise<void> {
    const place = placeOf(message);
    if (this.#busy.has(place)) return;
    this.#busy.add(place);
    try {
      for (let next = this.#next(place); next !== undefined; next = this.#next(place)) {
        if (!(await this.#carryOut(next))) break;
      }
    } finally {
      this.#busy.delete(place);
    }
  }

  #next(place: string): PendingChange | undefined {
    if (this.#stopped || !this.#options.connection.online) return undefined;
    return this.#pending.find(({ message }) => placeOf(message) === place);
  }

  /** False when the line is down, so that the message has to wait for `resume`. */
  async #carryOut(pending: PendingChange): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        const change = await this.#ask(pending);
        this.#options.onMade(change);
        this.#remove(pending, change);
        return true;
      } catch (error) {
        if (!(error instanceof ChatError || error instanceof ShapeError)) throw error;
        if (error instanceof ConnectionLost) return this.#options.connection.online;
        const pauseMs = error instanceof CommandRefused ? (error.retryAfterMs ?? 0) : 0;
        const isHopeful = error instanceof ChatError && error.temporary && pauseMs <= MAX_WAIT_MS;
        if (!isHopeful || attempt >= MAX_ATTEMPTS) {
          this.#remove(pending, null);
          this.#options.onRefused(pending, error);
          return true;
        }
        const delayMs = pauseMs + fullJitter(attempt, this.#options.random ?? Math.random);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  }

  /** Has the server do it; what it says to others of it is what this answers with. */
  async #ask({ id, message, wish, askedAtMs }: PendingChange): Promise<MessageChange> {
    const { connection, me } = this.#options;
    const { room, seq } = message;
    switch (wish.kind) {
      case "edit":
      case "delete": {
        const { version, rev } =
          wish.kind === "edit"
            ? await connection.request("edit", { room, seq, text: wish.text }, { id })
            : await connection.request("delete", { room, seq }, { id });
        return { type: "message_changed", message: { ...wished(message, wish, askedAtMs), changed_by: me, version, rev } };
      }
      case "react": {
        const { emoji, remove } = wish;
        const { rev, reactions } = await connection.request("react", { room, seq, emoji, remove }, { id });
        return { type: "reactions_changed", room, seq, rev, reactions, user: me, emoji, removed: remove, isOwn: true };
      }
      case "pin": {
        const { rev } = await connection.request("pin", { room, seq, remove: wish.remove }, { id });
        return { type: "pins_changed", room, seq, rev, pinned: !wish.remove, by: me };
      }
    }
  }

  /** What was asked for behind a change that was made begins from what that made of the message. */
  #remove(done: PendingChange, made: MessageChange | null): void {
    const rest = this.#pending.filter(({ id }) => id !== done.id);
    if (made?.type !== "message_changed") {
      this.#update(rest);
      return;
    }
    const place = placeOf(targetOf(made));
    this.#update(rest.map((it) => (placeOf(it.message) === place ? { ...it, message: made.message } : it)));
  }

  #update(pending: readonly PendingChange[]): void {
    this.#pending = pending;
    this.#options.onChange(pending);
  }
}

/** The message as it looks once all that is on its way has been done; the same one where that is nothing. */
export function afterPending(message: Copy, pending: readonly PendingChange[]): Copy {
  let result = message;
  for (const { message: target, wish, askedAtMs } of pending) {
    if (placeOf(target) === placeOf(message)) result = wished(result, wish, askedAtMs);
  }
  return result;
}

function placeOf({ room, seq }: Pick<Message, "room" | "seq">): string {
  return `${room}:${seq}`;
}
