/** Fetches the numbers that are missing between a room's messages: after a while, newest first, until there are none. */

import { ConnectionLost } from "./errors.ts";
import { type History, MAX_PAGE, type Message } from "./frames.ts";
import type { Gap } from "./log.ts";

/** A number that is only late is usually here before this; asking costs more than waiting. */
export const LATE_MS = 400;

/** The room that is filled. */
export interface Gapped {
  readonly id: string;
  /** A number that is another after the room was left or entered anew; null while nobody looks at it. */
  readonly visit: () => number | null;
  readonly newestGap: () => Gap | undefined;
  /** Messages of a gap that need not be asked for over the line; null where they can't be had. */
  readonly fromTail: (gap: Gap) => Promise<readonly Message[] | null>;
  readonly page: (before: number, limit: number) => Promise<History>;
  readonly onMessages: (messages: readonly Message[]) => void;
  readonly onPage: (page: History) => void;
  readonly onFailed: (isFailed: boolean) => void;
}

export class GapFiller {
  readonly #room: Gapped;
  #isFilling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(room: Gapped) {
    this.#room = room;
  }

  /** Looks for missing numbers in a while. */
  expect(): void {
    clearTimeout(this.#timer);
    if (this.#room.newestGap() !== undefined) this.#timer = setTimeout(() => void this.fill(), LATE_MS);
  }

  /** Looks for none any more, until it is told to. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  async fill(): Promise<void> {
    const visit = this.#room.visit();
    if (this.#isFilling || visit === null) return;
    this.#isFilling = true;
    try {
      for (let gap = this.#room.newestGap(); gap !== undefined && visit === this.#room.visit(); gap = this.#room.newestGap()) {
        if (!(await this.#fillOne(gap))) break;
      }
      this.#room.onFailed(false);
    } catch (error) {
      this.#stopped(error);
    } finally {
      this.#isFilling = false;
    }
    if (visit !== this.#room.visit()) void this.fill();
  }

  /** A page of the gap; false where the next poll of the tail shows it again, because it is still being stored. */
  async #fillOne(gap: Gap): Promise<boolean> {
    const found = await this.#room.fromTail(gap);
    if (found !== null) {
      this.#room.onMessages(found);
      return found.some(({ seq }) => isWithin(seq, gap));
    }
    const page = await this.#room.page(gap.last + 1, Math.min(MAX_PAGE, gap.last - gap.first + 1));
    if (!page.messages.some(({ seq }) => isWithin(seq, gap))) throw new Error(`history does not have ${gap.first}–${gap.last}`);
    this.#room.onPage(page);
    return true;
  }

  #stopped(error: unknown): void {
    if (!(error instanceof Error)) throw error;
    if (error instanceof ConnectionLost) return; // the next connection fills
    console.warn(`missed messages of ${this.#room.id}:`, error.message);
    this.#room.onFailed(true);
  }
}

function isWithin(seq: number, { first, last }: Gap): boolean {
  return seq >= first && seq <= last;
}
