/** A search through one room's messages, newest first. */

import { changed, type Copy, type MessageChange, targetOf } from "../protocol/changes";
import type { Connection } from "../protocol/connection";
import type { Found } from "../protocol/frames";
import { Store } from "./store";

const PAGE = 20;
/** A page may be empty and still go on: so many are asked for before a person is asked again. */
const MAX_EMPTY = 5;

export interface SearchView {
  /** What was searched for; empty before anything was. */
  readonly query: string;
  readonly found: readonly Copy[];
  readonly phase: "idle" | "searching" | "failed";
  readonly failure: unknown;
  /** Where the search goes on; null where it has seen everything. */
  readonly before: number | null;
}

const NOTHING: SearchView = { query: "", found: [], phase: "idle", failure: null, before: null };

export class RoomSearch {
  readonly view = new Store<SearchView>(NOTHING);
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  /** Grows with each search, so that an earlier one's answers are dropped. */
  #search = 0;

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  /** Begins anew; with nothing to look for, shows nothing. */
  async start(query: string): Promise<void> {
    this.#search++;
    this.view.set({ ...NOTHING, query: query.trim() });
    if (query.trim() !== "") await this.#look();
  }

  /** Goes on below what was found, or tries again. */
  async more(): Promise<void> {
    if (this.view.get().phase !== "searching") await this.#look();
  }

  change(change: MessageChange): void {
    const { seq } = targetOf(change);
    this.view.update((view) => ({ ...view, found: view.found.map((it) => (it.seq === seq ? changed(it, change) : it)) }));
  }

  async #look(): Promise<void> {
    const search = this.#search;
    this.view.update((view) => ({ ...view, phase: "searching", failure: null }));
    try {
      let { before } = this.view.get();
      for (let pages = 0; pages < MAX_EMPTY; pages++) {
        const page: Found = await this.#page(before);
        if (search !== this.#search) return;
        ({ before } = page);
        this.view.update((view) => ({ ...view, found: [...view.found, ...page.messages], before }));
        if (page.messages.length > 0 || before === null) break;
      }
      this.view.update((view) => ({ ...view, phase: "idle" }));
    } catch (failure) {
      if (search === this.#search) this.view.update((view) => ({ ...view, phase: "failed", failure }));
    }
  }

  #page(before: number | null): Promise<Found> {
    return this.#connection.request("search", { room: this.#room, query: this.view.get().query, before, limit: PAGE });
  }
}
