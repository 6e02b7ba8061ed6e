/** One thread of a room on screen: the message that it is named by, and the answers, live and as far back as is asked. */

import { changed, type Copy, erased, merged, type MessageChange, targetOf } from "@agent-chat/client/changes";
import type { Connection } from "@agent-chat/client/connection";
import { ConnectionLost } from "@agent-chat/client/errors";
import type { Message } from "@agent-chat/client/frames";
import { RoomLog } from "@agent-chat/client/log";
import type { Paging } from "@agent-chat/client/roomView";
import type { RoomWatcher } from "@agent-chat/client/roomWatcher";
import { Store } from "@agent-chat/client/store";

const PAGE = 50;

export interface ThreadView {
  /** Null until it is here. */
  readonly root: Copy | null;
  /** The answers. Numbers between them belong to others, so that its gaps mean nothing. */
  readonly log: RoomLog;
  readonly isLoaded: boolean;
  readonly older: Paging;
  /** Why there is nothing to show. */
  readonly failure: unknown;
}

const UNREAD: ThreadView = { root: null, log: RoomLog.empty, isLoaded: false, older: "idle", failure: null };

/** Watches its room. */
export class OpenThread implements RoomWatcher {
  readonly root: number;
  readonly view = new Store<ThreadView>(UNREAD);
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;

  /** `known`: the message that it is named by, where the room has that. */
  constructor(connection: Pick<Connection, "request">, room: string, root: number, known: Copy | null) {
    this.#connection = connection;
    this.#room = room;
    this.root = root;
    this.#change({ root: known });
  }

  /** The newest page, and what the thread is named by. */
  async load(): Promise<void> {
    try {
      const [page, around] = await Promise.all([
        this.#connection.request("history", { room: this.#room, thread: this.root, limit: PAGE }),
        this.#connection.request("history", { room: this.#room, around: this.root, limit: 1 }),
      ]);
      this.onMessages([...around.messages, ...page.messages]);
      if (!page.more) this.#change({ log: this.view.get().log.completed() });
      this.#change({ isLoaded: true, failure: null });
    } catch (failure) {
      if (!(failure instanceof ConnectionLost)) this.#change({ failure }); // else the next connection loads
    }
  }

  async loadOlder(): Promise<void> {
    const { log, older } = this.view.get();
    if (older === "loading" || log.complete) return;
    this.#change({ older: "loading" });
    try {
      const page = await this.#connection.request("history", { room: this.#room, thread: this.root, before: log.oldest, limit: PAGE });
      this.onMessages(page.messages);
      this.#change({ older: "idle", ...(!page.more && { log: this.view.get().log.completed() }) });
    } catch (error) {
      console.warn(`thread ${this.root} of ${this.#room}:`, error);
      this.#change({ older: "failed" });
    }
  }

  readonly onEntered = (): void => {
    if (!this.view.get().isLoaded) void this.load();
  };

  readonly onMessages = (messages: readonly Message[]): void => {
    const { root, log } = this.view.get();
    const named = messages.find(({ seq }) => seq === this.root);
    const answers = messages.filter(({ thread }) => thread === this.root);
    if (named !== undefined) this.#change({ root: root === null ? named : merged(root, named) });
    if (answers.length > 0) this.#change({ log: log.with(answers) });
  };

  readonly onChange = (change: MessageChange): void => {
    const { root, log } = this.view.get();
    const { seq } = targetOf(change);
    if (root?.seq === seq) this.#change({ root: changed(root, change) });
    else if (log.find(seq) !== null) this.#change({ log: log.changed(change) });
  };

  readonly onErased = (author: string): void => {
    const { root, log } = this.view.get();
    this.#change({ log: log.without(author), root: root?.from?.id === author ? erased(root) : root });
  };

  readonly onReset = (): void => {
    this.#change({ log: RoomLog.empty, isLoaded: false });
  };

  #change(change: Partial<ThreadView>): void {
    this.view.update((view) => ({ ...view, ...change }));
  }
}
