/** Who is in a room, for as long as somebody looks at them, and what is done about one of them. */

import type { Connection } from "@agent-chat/client/connection";
import { MAX_PAGE, type Commands, type Member, type MemberList } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

import { LatestAnswer } from "./latestAnswer";

/** How long somebody is muted for. */
export const MUTE_S = 3_600;

/** What is done about somebody, as the command of that name has it. */
export type Deed = {
  [A in "invite" | "remove" | "unban" | "mute" | "set_role" | "transfer"]: {
    readonly action: A;
    readonly command: Omit<Commands[A], "room">;
  };
}["invite" | "remove" | "unban" | "mute" | "set_role" | "transfer"];

export interface MembersView {
  /** By id; null until the first answer. */
  readonly members: readonly Member[] | null;
  /** There are more than were asked for. */
  readonly hasMore: boolean;
  readonly failure: unknown;
}

export class Members {
  readonly view = new Store<MembersView>({ members: null, hasMore: false, failure: null });
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  #after: string | null = null;
  readonly #latest = new LatestAnswer(this.view, ({ members }) => members !== null);

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  /** Reads as many as are shown by now, anew. */
  async load(): Promise<void> {
    const shown = Math.max(MAX_PAGE, this.view.get().members?.length ?? 0);
    await this.#read(async () => {
      const members: Member[] = [];
      let page = await this.#page(null);
      members.push(...page.members);
      while (page.after !== null && members.length < shown) {
        page = await this.#page(page.after);
        members.push(...page.members);
      }
      return { members, after: page.after };
    });
  }

  async more(): Promise<void> {
    await this.#read(async () => {
      const page = await this.#page(this.#after);
      return { members: [...(this.view.get().members ?? []), ...page.members], after: page.after };
    });
  }

  /** Does it, and reads what has become of it. Rejects as `Connection.request` does; then nothing has changed here. */
  async carryOut({ action, command }: Deed): Promise<void> {
    await this.#connection.request(action, { room: this.#room, ...command });
    await this.load();
  }

  #page(after: string | null): Promise<MemberList> {
    return this.#connection.request("members", { room: this.#room, after, limit: MAX_PAGE });
  }

  async #read(read: () => Promise<{ readonly members: readonly Member[]; readonly after: string | null }>): Promise<void> {
    await this.#latest.ask(read, ({ members, after }) => {
      this.#after = after;
      this.view.set({ members, hasMore: after !== null, failure: null });
    });
  }
}
