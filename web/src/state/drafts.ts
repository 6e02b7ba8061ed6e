/**
 * What was written and not yet sent, by room: it survives a reload and a crash, and the user's other tabs find it when they
 * open the room.
 *
 * In `localStorage`, because a room that opens needs its draft at once.
 */

import { fields, json, text } from "@agent-chat/client/shape";

/** Rooms with a draft; the one that was written in longest ago is forgotten first. */
export const MAX_DRAFTS = 50;

export class Drafts {
  readonly #key: string;
  readonly #storage: Storage;
  /** For where there is no storage, or no space in it. */
  #own: ReadonlyMap<string, string> = new Map();

  constructor(user: string, storage: Storage = localStorage) {
    this.#key = `agent-chat.drafts.${user}`;
    this.#storage = storage;
  }

  get(room: string): string {
    return this.#read().get(room) ?? "";
  }

  set(room: string, draft: string): void {
    const drafts = new Map(this.#read());
    drafts.delete(room);
    if (draft !== "") drafts.set(room, draft);
    this.#write(new Map([...drafts].slice(-MAX_DRAFTS)));
  }

  clear(): void {
    this.#write(new Map());
  }

  #read(): ReadonlyMap<string, string> {
    try {
      const source = this.#storage.getItem(this.#key);
      if (source === null) return this.#own;
      return new Map(Object.entries(fields(json(source, "drafts"), "drafts")).map(([room, it]) => [room, text(it, room)]));
    } catch (error) {
      console.warn("drafts can't be read:", error);
      return this.#own;
    }
  }

  #write(drafts: ReadonlyMap<string, string>): void {
    this.#own = drafts;
    try {
      if (drafts.size === 0) this.#storage.removeItem(this.#key);
      else this.#storage.setItem(this.#key, JSON.stringify(Object.fromEntries(drafts)));
    } catch (error) {
      console.warn("a draft could not be stored:", error);
    }
  }
}
