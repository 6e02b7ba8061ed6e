/** A search through one room's messages. */

import type { Connection } from "@agent-chat/client/connection";
import { Store } from "@agent-chat/client/store";

import { FoundPages } from "./foundPages";

const PAGE = 20;

export class RoomSearch {
  /** What was searched for; empty before anything was. */
  readonly query = new Store("");
  readonly pages: FoundPages;

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.pages = new FoundPages((before) =>
      connection.request("search", { room, query: this.query.get(), before, limit: PAGE }),
    );
  }

  /** Begins anew; with nothing to look for, shows nothing. */
  async start(query: string): Promise<void> {
    this.pages.clear();
    this.query.set(query.trim());
    if (query.trim() !== "") await this.pages.more();
  }
}
