/**
 * What members have reported of a room's messages, for its moderators, until one of them has decided.
 *
 * Nobody is told of a report or of a decision, since all that a room is told goes to those who reported, too: the list is
 * read again and again while it may be looked at.
 */

import type { Connection } from "@agent-chat/client/connection";
import { MAX_PAGE, type MessageReport } from "@agent-chat/client/frames";
import { Store } from "@agent-chat/client/store";

import { LatestAnswer } from "./latestAnswer";

/** How often others' decisions and new reports are asked for, in ms. */
export const REPORTS_EVERY_MS = 20_000;

/** A message and all that was said against it. */
export interface Reported {
  readonly seq: number;
  readonly reports: readonly MessageReport[];
}

export interface ReportsView {
  /** By number, the newest first; null until the first answer. */
  readonly reported: readonly Reported[] | null;
  /** There are more, which come once these are decided. */
  readonly hasMore: boolean;
  readonly failure: unknown;
}

const UNKNOWN: ReportsView = { reported: null, hasMore: false, failure: null };

export class Reports {
  readonly view = new Store<ReportsView>(UNKNOWN);
  readonly #connection: Pick<Connection, "request">;
  readonly #room: string;
  #all: readonly Reported[] = [];
  /** Being decided: not shown meanwhile, whatever an answer that was on its way says. */
  readonly #leaving = new Set<number>();
  readonly #latest = new LatestAnswer(this.view, ({ reported }) => reported !== null);

  constructor(connection: Pick<Connection, "request">, room: string) {
    this.#connection = connection;
    this.#room = room;
  }

  async load(): Promise<void> {
    await this.#latest.ask(
      () => this.#connection.request("reports", { room: this.#room, limit: MAX_PAGE }),
      ({ reports, after }) => {
        this.#show(byMessage(reports), after !== null);
      },
    );
  }

  /** Who looks moderates no more. */
  stop(): void {
    this.#latest.overtake();
    this.#all = [];
    this.view.set(UNKNOWN);
  }

  /**
   * Ends what was reported of a message, once `deed` is done. It goes at once, and comes back where either is refused;
   * rejects then as `Connection.request` does.
   */
  async settle(seq: number, deed: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    this.#leaving.add(seq);
    this.#show(this.#all, this.view.get().hasMore);
    try {
      await deed();
      await this.#connection.request("settle", { room: this.#room, seq });
      this.#all = this.#all.filter((it) => it.seq !== seq);
      this.#latest.overtake(); // an answer that is on its way may still have it
    } finally {
      this.#leaving.delete(seq);
      this.#show(this.#all, this.view.get().hasMore);
    }
    if (this.view.get().hasMore) await this.load();
  }

  #show(all: readonly Reported[], hasMore: boolean): void {
    this.#all = all;
    this.view.set({ reported: all.filter(({ seq }) => !this.#leaving.has(seq)), hasMore, failure: null });
  }
}

function byMessage(reports: readonly MessageReport[]): Reported[] {
  const grouped = new Map<number, MessageReport[]>();
  for (const report of reports) grouped.set(report.seq, [...(grouped.get(report.seq) ?? []), report]);
  return [...grouped].map(([seq, of]) => ({ seq, reports: of })).reverse();
}
