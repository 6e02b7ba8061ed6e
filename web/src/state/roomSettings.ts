/** What is set for a room, for as long as somebody looks at it, and how moderators change it. */

import type { Connection } from "@agent-chat/client/connection";
import type { Commands, RoomSettings as Settings } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

import { LatestAnswer } from "./latestAnswer";

/** How long members may be made to wait between two messages, in seconds; 0 for not at all. The server takes up to 120. */
export const SLOW_MODES_S: readonly number[] = [0, 5, 10, 30, 60, 120];

export interface RoomSettingsView {
  /** Null until the first answer. */
  readonly settings: Settings | null;
  readonly failure: unknown;
}

export class RoomSettings {
  readonly view = new Store<RoomSettingsView>({ settings: null, failure: null });
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  readonly #latest = new LatestAnswer(this.view, ({ settings }) => settings !== null);

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  async load(): Promise<void> {
    await this.#latest.ask(() => this.#read(), this.#show);
  }

  /** Shows at once, and goes back where it is refused. Rejects as `Connection.request` does. */
  async slowDown(slow_mode_s: number): Promise<void> {
    const { settings } = this.view.get();
    if (settings === null) return;
    this.view.set({ settings: { ...settings, slow_mode_s }, failure: null });
    try {
      await this.#configure({ slow_mode_s });
    } catch (refusal) {
      this.view.update((view) => ({ ...view, settings: view.settings && { ...view.settings, slow_mode_s: settings.slow_mode_s } }));
      throw refusal;
    }
  }

  /** Blocks these words as well. Rejects as `Connection.request` does. */
  async block(words: readonly string[]): Promise<void> {
    await this.#change((blocked) => [...new Set([...blocked, ...words])]);
  }

  /** Lets a word be written again. Rejects as `Connection.request` does. */
  async unblock(word: string): Promise<void> {
    await this.#change((blocked) => blocked.filter((it) => it !== word));
  }

  /** The server takes the whole list: what other moderators did to it meanwhile is read first, so that it stays. */
  async #change(change: (blocked: readonly string[]) => string[]): Promise<void> {
    const { blocked_words } = await this.#read();
    await this.#configure({ blocked_words: change(blocked_words) });
  }

  #read(): Promise<Settings> {
    return this.#connection.request("settings", { room: this.#room });
  }

  async #configure(changed: Omit<Commands["configure"], "room">): Promise<void> {
    await this.#latest.take(() => this.#connection.request("configure", { room: this.#room, ...changed }), this.#show);
  }

  readonly #show = (settings: Settings): void => {
    this.view.set({ settings, failure: null });
  };
}

/** The words in what somebody wrote, whatever stands between them. */
export function wordsIn(text: string): string[] {
  return text.split(/[\s,;]+/u).filter((word) => word !== "");
}
