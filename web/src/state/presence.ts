/**
 * Who of a room is online, while it is on screen.
 *
 * Asked for when the room is entered and when somebody comes into it or goes, and told of in between. What is told names
 * no room, so of somebody who was not seen here before it has to be asked whether they are a member.
 */

import type { Connection } from "@agent-chat/client/connection";
import { ConnectionLost } from "@agent-chat/client/errors";
import type { Presence, PresenceChanged } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

/** How long to wait for others of whom the same has to be asked, in ms. */
export const GATHER_MS = 1_000;

export interface PresenceView {
  /** In a room with more than 100 members, how many have it open. */
  readonly online: number;
  /** By id; null in such a room, where nobody is named. */
  readonly users: ReadonlySet<string> | null;
}

export class RoomPresence {
  /** Null until the first answer. */
  readonly view = new Store<PresenceView | null>(null);
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  /** Who was online here at any time: they are members. */
  readonly #seen = new Set<string>();
  /** Grows with each question, so that an earlier answer does not take the place of a later one. */
  #asking = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  async load(): Promise<void> {
    this.#wait(null);
    const asking = ++this.#asking;
    try {
      const answer = await this.#connection.request("presence", { room: this.#room });
      if (asking === this.#asking) this.#show(answer);
    } catch (error) {
      // It is shown beside the room, and asked for again: that it is not here is nothing to bother anybody with.
      if (!(error instanceof ConnectionLost)) console.warn(`presence in ${this.#room}:`, error);
    }
  }

  /** Somebody came online or went offline, in this room or another. */
  told({ user: { id }, online }: PresenceChanged): void {
    const { users = null } = this.view.get() ?? {};
    if (users === null || users.has(id) === online) return;
    if (!this.#seen.has(id)) {
      this.outdate();
      return;
    }
    const now = new Set(users);
    if (online) now.add(id);
    else now.delete(id);
    this.#asking++; // an answer that is on its way may not know of it
    this.view.set({ online: now.size, users: now });
  }

  /** Somebody has come into the room, or left it: asked for soon, once for all who do at this time. */
  outdate(): void {
    this.#wait(GATHER_MS);
  }

  /** Somebody is a member no more. */
  forget(id: string): void {
    this.#seen.delete(id);
  }

  /** Nobody looks any more. */
  stop(): void {
    this.#wait(null);
  }

  #show({ online, listed, users }: Presence): void {
    for (const { id } of users) this.#seen.add(id);
    this.view.set({ online, users: listed ? new Set(users.map(({ id }) => id)) : null });
  }

  /** Null ends the waiting. */
  #wait(ms: number | null): void {
    if (ms !== null && this.#timer !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = ms === null ? undefined : setTimeout(() => void this.load(), ms);
  }
}
