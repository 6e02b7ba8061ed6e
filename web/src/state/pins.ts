/** A room's pinned messages, for as long as somebody looks at them. */

import { changed, type Copy, type MessageChange, targetOf } from "@agent-chat/client/changes";
import type { Connection } from "@agent-chat/client/connection";
import type { Message, PinList } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

import { LatestAnswer } from "./latestAnswer";

export interface PinsView {
  /** By number; null until the first answer. */
  readonly messages: readonly Copy[] | null;
  readonly failure: unknown;
}

export class Pins {
  readonly view = new Store<PinsView>({ messages: null, failure: null });
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  readonly #latest = new LatestAnswer(this.view, ({ messages }) => messages !== null);

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  async load(): Promise<void> {
    await this.#latest.ask(
      () => this.#pages(),
      (messages) => {
        this.view.set({ messages, failure: null });
      },
    );
  }

  /** Something that is pinned has become another, or something else is pinned. */
  change(change: MessageChange): void {
    const { seq } = targetOf(change);
    this.view.update((view) => ({
      ...view,
      messages: view.messages?.map((it) => (it.seq === seq ? changed(it, change) : it)).filter(({ pinned }) => pinned) ?? null,
    }));
    if (change.type === "pins_changed" && change.pinned) void this.load();
  }

  async #pages(): Promise<Message[]> {
    const messages: Message[] = [];
    let after: number | null = null;
    do {
      const page: PinList = await this.#connection.request("pins", { room: this.#room, after });
      messages.push(...page.messages);
      ({ after } = page);
    } while (after !== null);
    return messages;
  }
}
