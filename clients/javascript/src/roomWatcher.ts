/** What happens in an open room, for whoever shows more of it than its newest messages. */

import type { MessageChange } from "./changes.ts";
import type { Message } from "./frames.ts";

export interface RoomWatcher {
  /** Caught up with the server: after entering, and after each cut. */
  readonly onEntered?: () => void;
  /** Messages that came into the log, whichever way. */
  readonly onMessages?: (messages: readonly Message[]) => void;
  /** Said just now, by anybody. */
  readonly onLive?: (message: Message) => void;
  readonly onChange?: (change: MessageChange) => void;
  /** Nothing of what this user said is left. */
  readonly onErased?: (author: string) => void;
  /** The log was given up: what is read anew may be far from what was there. */
  readonly onReset?: () => void;
}

/** Tells many watchers as one. */
export class RoomWatchers {
  readonly #all = new Set<RoomWatcher>();

  /** The answer ends it. */
  add(watcher: RoomWatcher): () => void {
    this.#all.add(watcher);
    return () => {
      this.#all.delete(watcher);
    };
  }

  tell(what: (watcher: RoomWatcher) => void): void {
    for (const watcher of [...this.#all]) what(watcher);
  }
}
