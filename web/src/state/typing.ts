/** Who is writing in a room: others, as they are told of, and this user, as it is told to others. */

import type { Connection } from "@agent-chat/client/connection";
import type { Author } from "@agent-chat/client/frames";
import { TYPING_VALID_S } from "@agent-chat/client/frames.generated";
import { Store } from "@agent-chat/client/store";

/** As often as the server passes it on, whether a message was sent meanwhile or not. */
export const TELL_EVERY_MS = 5_000;

export class Typists {
  /** Whoever began first stands first. */
  readonly view = new Store<readonly Author[]>([]);
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  started(user: Author): void {
    clearTimeout(this.#timers.get(user.id));
    const timer = setTimeout(() => {
      this.stopped(user.id);
    }, TYPING_VALID_S * 1000);
    this.#timers.set(user.id, timer);
    if (!this.view.get().some(({ id }) => id === user.id)) this.view.update((all) => [...all, user]);
  }

  /** They have written it, or gave it up. */
  stopped(user: string): void {
    clearTimeout(this.#timers.get(user));
    if (this.#timers.delete(user)) this.view.update((all) => all.filter(({ id }) => id !== user));
  }

  clear(): void {
    for (const user of [...this.#timers.keys()]) this.stopped(user);
  }
}

/** Tells a room that this user is writing, now and then while they are. Nothing depends on it, so nothing is repeated. */
export class TypingTeller {
  readonly #connection: Pick<Connection, "request" | "online">;
  readonly #room: string;
  #toldAtMs = -Infinity;

  constructor(connection: Pick<Connection, "request" | "online">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  /** A letter was typed. */
  wrote(nowMs: number = Date.now()): void {
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS || !this.#connection.online) return;
    this.#toldAtMs = nowMs;
    this.#connection.request("typing", { room: this.#room }).catch((error: unknown) => {
      console.warn(`typing in ${this.#room}:`, error);
    });
  }
}
