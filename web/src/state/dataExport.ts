/** A user's own data on its way to them, for as long as somebody looks. */

import { beginExport, type DataExport, readExport } from "../protocol/account";
import type { Session } from "../protocol/api";
import { Store } from "./store";

/** Between two looks at one that is under way. */
export const LOOK_EVERY_MS = 2_000;
/** The links to one that is done work for 15 minutes; each look has new ones. */
export const RENEW_EVERY_MS = 600_000;

export interface DataExportView {
  /** Null where there was none, or it is not known yet. */
  readonly found: DataExport | null;
  readonly isBusy: boolean;
  readonly failure: unknown;
}

export class DataExportWatch {
  readonly view = new Store<DataExportView>({ found: null, isBusy: true, failure: null });
  readonly #session: Pick<Session, "token">;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(session: Pick<Session, "token">) {
    this.#session = session;
  }

  /** Looks for one that was begun before. */
  start(): void {
    this.#isStopped = false;
    void this.#take(readExport(this.#session.token));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async begin(): Promise<void> {
    this.view.update((view) => ({ ...view, isBusy: true, failure: null }));
    await this.#take(beginExport(this.#session.token));
  }

  async #take(answer: Promise<DataExport | null>): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const found = await answer;
      if (this.#isStopped) return;
      const isBusy = found !== null && !found.isDone;
      this.view.set({ found, isBusy, failure: null });
      if (found !== null) this.#lookIn(isBusy ? LOOK_EVERY_MS : RENEW_EVERY_MS);
    } catch (failure) {
      if (!this.#isStopped) this.view.update((view) => ({ ...view, isBusy: false, failure }));
    }
  }

  #lookIn(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#take(readExport(this.#session.token)), delayMs);
  }
}
