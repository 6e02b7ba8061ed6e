/** A user's own data on its way to them, for as long as somebody looks. */

import { beginExport, type DataExport, readExport } from "@agent-chat/client/account";
import type { Session } from "@agent-chat/client/stage";
import { Store } from "@agent-chat/client/store";

import { STAGE } from "./stage";

/** Between two looks at one that is under way. */
export const LOOK_EVERY_MS = 2_000;
/** The links to one that is done work for 15 minutes; each look has new ones. */
export const RENEW_EVERY_MS = 600_000;

export interface DataExportView {
  /** Null until one is asked for. */
  readonly found: DataExport | null;
  readonly isBusy: boolean;
  readonly failure: unknown;
}

export class DataExportWatch {
  readonly view = new Store<DataExportView>({ found: null, isBusy: false, failure: null });
  readonly #session: Pick<Session, "token">;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(session: Pick<Session, "token">) {
    this.#session = session;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** What was made within the last hour is there at once. */
  async begin(): Promise<void> {
    this.#isStopped = false;
    this.view.update((view) => ({ ...view, isBusy: true, failure: null }));
    await this.#take(beginExport(STAGE, this.#session.token));
  }

  async #take(answer: Promise<DataExport>): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const found = await answer;
      if (this.#isStopped) return;
      this.view.set({ found, isBusy: !found.isDone, failure: null });
      this.#lookIn(found.isDone ? RENEW_EVERY_MS : LOOK_EVERY_MS);
    } catch (failure) {
      if (!this.#isStopped) this.view.update((view) => ({ ...view, isBusy: false, failure }));
    }
  }

  #lookIn(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#take(readExport(STAGE, this.#session.token)), delayMs);
  }
}
