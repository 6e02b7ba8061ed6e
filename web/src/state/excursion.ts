/**
 * A stretch of a room's history far from its newest messages, to which somebody jumped. It grows both ways as they
 * scroll; where it meets the room's log the two become one, and the excursion is over.
 */

import type { MessageChange } from "@agent-chat/client/changes";
import type { Connection } from "@agent-chat/client/connection";
import type { Message } from "@agent-chat/client/frames";
import { RoomLog } from "@agent-chat/client/log";
import type { Paging } from "@agent-chat/client/roomView";
import { Store } from "@agent-chat/client/store";

const PAGE = 50;

export interface ExcursionView {
  /** Without holes. */
  readonly log: RoomLog;
  readonly older: Paging;
  readonly newer: Paging;
}

export interface ExcursionOptions {
  readonly room: string;
  readonly connection: Pick<Connection, "request">;
  /** The room's newest messages. */
  readonly live: () => RoomLog;
  /** What lies before the oldest of those, without a hole. */
  readonly onMet: (messages: readonly Message[]) => void;
}

export class Excursion {
  /** Null while nobody is on one. */
  readonly view = new Store<ExcursionView | null>(null);
  readonly #options: ExcursionOptions;
  /** Grows whenever one begins or ends: pages of an earlier one are dropped. */
  #trip = 0;

  constructor(options: ExcursionOptions) {
    this.#options = options;
  }

  /** Goes to a message, or to what is nearest to it. Rejects as `Connection.request` does. */
  async open(seq: number): Promise<void> {
    const trip = ++this.#trip;
    const page = await this.#options.connection.request("history", { room: this.#options.room, around: seq, limit: PAGE });
    if (trip !== this.#trip) return;
    const log = RoomLog.empty.with(page.messages);
    this.view.set({ log: page.more ? log : log.completed(), older: "idle", newer: "idle" });
    this.#meet(page.newer);
  }

  has(seq: number): boolean {
    return (this.view.get()?.log.find(seq) ?? null) !== null;
  }

  close(): void {
    this.#trip++;
    this.view.set(null);
  }

  async loadOlder(): Promise<void> {
    const { log, older } = this.view.get() ?? {};
    if (log === undefined || older === "loading" || log.complete) return;
    await this.#load("older", { before: log.oldest });
  }

  async loadNewer(): Promise<void> {
    const { log, newer } = this.view.get() ?? {};
    if (log === undefined || newer === "loading") return;
    await this.#load("newer", { after: log.newest });
  }

  change(change: MessageChange): void {
    this.#setLog((log) => log.changed(change));
  }

  erase(author: string): void {
    this.#setLog((log) => log.without(author));
  }

  async #load(side: "older" | "newer", from: { before?: number | null; after?: number | null }): Promise<void> {
    const trip = this.#trip;
    this.#change({ [side]: "loading" });
    try {
      const page = await this.#options.connection.request("history", { room: this.#options.room, ...from, limit: PAGE });
      if (trip !== this.#trip) return;
      this.#setLog((log) => (side === "older" && !page.more ? log.with(page.messages).completed() : log.with(page.messages)));
      this.#change({ [side]: "idle" });
      if (side === "newer") this.#meet(page.newer);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      console.warn(`history of ${this.#options.room}:`, error.message);
      if (trip === this.#trip) this.#change({ [side]: "failed" });
    }
  }

  /** Ends the excursion where it has reached the room's log, or where nothing is newer. */
  #meet(isMore: boolean): void {
    const { log } = this.view.get() ?? {};
    if (log === undefined) return;
    const liveFrom = this.#options.live().oldest ?? Infinity;
    if (isMore && (log.newest ?? 0) < liveFrom - 1) return;
    this.#options.onMet(log.messages);
    this.close();
  }

  #setLog(next: (log: RoomLog) => RoomLog): void {
    const view = this.view.get();
    if (view !== null) this.#change({ log: next(view.log) });
  }

  #change(change: Partial<ExcursionView>): void {
    this.view.update((view) => (view === null ? null : { ...view, ...change }));
  }
}
