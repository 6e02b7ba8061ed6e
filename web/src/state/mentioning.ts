/** Naming members in what one writes: who there is, and what of a text names somebody. */

import type { Connection } from "@agent-chat/client/connection";
import { type Author, MAX_PAGE, type Member } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

/** Beyond so many pages of members one has to know an id to name somebody. */
const MAX_PAGES = 10;
const MAX_OFFERED = 6;
/** As the server finds them. */
const MENTION = /(?<![\w@])@([\p{L}\p{N}_](?:[\p{L}\p{N}_.+:|@-]*[\p{L}\p{N}_])?)/gu;
/** The beginning of one, in front of the caret. */
const BEGUN = /(?<![\w@])@([\p{L}\p{N}_.+:|-]*)$/u;

/** Ids that a text names, each once, whether there is such a member or not. */
export function namedIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(MENTION), ([, id]) => id ?? ""))];
}

export interface BegunMention {
  /** Where its `@` stands. */
  readonly start: number;
  /** What stands behind that, up to the caret. */
  readonly prefix: string;
}

export function begunMention(text: string, caret: number): BegunMention | null {
  const found = BEGUN.exec(text.slice(0, caret));
  return found === null ? null : { start: found.index, prefix: found[1] ?? "" };
}

/** A room's members, asked for when somebody is first to be named. */
export class Mentionable {
  readonly view = new Store<readonly Author[]>([]);
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  #isLoaded = false;

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  async load(): Promise<void> {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    try {
      this.view.set((await this.#pages()).map(({ user }) => user));
    } catch (error) {
      console.warn(`members of ${this.#room}:`, error);
      this.#isLoaded = false; // the next @ asks again
    }
  }

  /** The list is read anew for the next mention: somebody has come or gone. */
  outdate(): void {
    this.#isLoaded = false;
  }

  /** Whose id or name begins so; a few. */
  matching(prefix: string): Author[] {
    const start = prefix.toLocaleLowerCase();
    const fits = (it: string): boolean => it.toLocaleLowerCase().startsWith(start);
    const found = this.view.get().filter(({ id, name }) => fits(id) || name.split(/\s+/u).some(fits) || fits(name));
    return found.slice(0, MAX_OFFERED);
  }

  knows(id: string): boolean {
    return this.view.get().some((user) => user.id === id);
  }

  async #pages(): Promise<Member[]> {
    const members: Member[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page: { members: readonly Member[]; after: string | null } = await this.#connection.request("members", {
        room: this.#room,
        after,
        limit: MAX_PAGE,
      });
      members.push(...page.members.filter(({ role }) => role !== "banned"));
      ({ after } = page);
      if (after === null) break;
    }
    return members;
  }
}
