/**
 * Follows one very large room by its tail: polls what caches serve, in the place of what a socket would bring.
 *
 * Where the tail can't be had the line is asked, and the tail tried more and more seldom; where its address is over, the
 * line is asked for another. Nobody who does not look is polled for. Knows nothing of what is shown.
 */

import { fullJitter } from "./backoff.ts";
import { RequestFailed } from "./errors.ts";
import type { Message, Tail, TailChanges, TailLive, TailSegment } from "./frames.ts";
import type { Gap } from "./log.ts";
import { SEGMENT, TailChangeLog } from "./tailChanges.ts";

/** Polls in a row that come to nothing before the line is asked instead. */
export const MAX_FAILURES = 3;
const MOST_PAUSE_MS = 30_000;
/** Pages of changes read one after the other; who lacks more catches up over the line. */
const MAX_PAGES = 8;
/** A pause is shorter or longer by up to this part of it, so that readers don't stay in step. */
const JITTER = 0.2;
/** The part of its life after which another address is asked for. */
const RENEWED_AT = 0.8;

/** Where the parts of a tail are read. They reject with `RequestFailed` or `ShapeError`. */
export interface TailDocuments {
  /** Null where it is still the one of `tag`. */
  readonly live: (path: string, tag: string | null, signal: AbortSignal) => Promise<{ live: TailLive; tag: string | null } | null>;
  readonly segment: (path: string, number: number, signal: AbortSignal) => Promise<TailSegment>;
  readonly changes: (path: string, number: number, signal: AbortSignal) => Promise<TailChanges>;
}

/** Whoever reads the room. */
export interface TailReader {
  /** The change up to which all are known. */
  readonly rev: () => number;
  readonly isHidden: () => boolean;
  readonly onMessages: (messages: readonly Message[]) => void;
  /** Messages as they stand that were changed; up to `rev` that is all. */
  readonly onChanged: (messages: readonly Message[], rev: number) => void;
  readonly onReached: (seq: number) => void;
  /** Asks over the line for newer numbers and for the tail's address. */
  readonly ask: () => Promise<void>;
  /** Catches up over the line: more was changed than can be told one by one, or the tail can't be had. */
  readonly catchUp: () => void;
}

export class TailFollower {
  readonly #documents: TailDocuments;
  readonly #reader: TailReader;
  readonly #random: () => number;
  readonly #changes: TailChangeLog;
  readonly #ending = new AbortController();
  #tail: Tail;
  #pollMs: number;
  #renewAtMs = 0;
  #failures = 0;
  #isFinishing = false;
  #last: { live: TailLive; tag: string | null } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(documents: TailDocuments, reader: TailReader, tail: Tail, random: () => number = Math.random) {
    this.#documents = documents;
    this.#reader = reader;
    this.#random = random;
    this.#changes = new TailChangeLog(reader.rev());
    this.#tail = tail;
    this.#pollMs = tail.poll_ms;
    this.renew(tail);
    void this.#turn();
  }

  get isClosed(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Whether the tail can be had. */
  get isHealthy(): boolean {
    return !this.isClosed && this.#failures < MAX_FAILURES;
  }

  /** The pause between polls. */
  get pollMs(): number {
    return this.#pollMs;
  }

  /** The room is still followed by its tail, at this address from now on. */
  renew(tail: Tail): void {
    if (tail.path !== this.#tail.path) this.#last = null;
    this.#tail = tail;
    this.#renewAtMs = Date.now() + tail.valid_ms * RENEWED_AT;
    this.#isFinishing = false;
  }

  /** What is said comes over the line again: polls once more, then ends. */
  finish(): void {
    this.#isFinishing = true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  /** Messages of a gap, as far as segments have them; null where they can't be had, or are too old to be used. */
  async fetch({ first, last }: Gap): Promise<Message[] | null> {
    if (!this.isHealthy) return null;
    const found: Message[] = [];
    try {
      for (let number = Math.floor(first / SEGMENT); number <= Math.floor(last / SEGMENT); number++) {
        const segment = await this.#documents.segment(this.#tail.path, number, this.#ending.signal);
        const messages = this.#changes.current(segment);
        if (messages === null) return null;
        found.push(...messages);
      }
    } catch (error) {
      // A cache may be behind what a poll has said; anything else is somebody else's turn.
      if (!(error instanceof RequestFailed && error.code === "tail_not_yet") && found.length === 0) return null;
    }
    return found;
  }

  async #turn(): Promise<void> {
    const isLast = this.#isFinishing;
    if (!this.#reader.isHidden() || isLast) await this.#look();
    if (this.isClosed) return;
    if (isLast && this.#isFinishing) this.close();
    else this.#timer = setTimeout(() => void this.#turn(), this.#pauseMs());
  }

  /** One poll, or what takes its place. */
  async #look(): Promise<void> {
    if (Date.now() >= this.#renewAtMs) await this.#ask();
    try {
      await this.#poll();
      this.#failures = 0;
    } catch (error) {
      if (this.isClosed) return;
      this.#failures++;
      console.warn("a tail could not be had:", error);
      const isOver = error instanceof RequestFailed && error.code === "tail_expired";
      if (isOver || !this.isHealthy || this.#isFinishing) await this.#ask();
      if (!this.isHealthy) this.#reader.catchUp();
    }
  }

  async #ask(): Promise<void> {
    try {
      await this.#reader.ask();
    } catch (error) {
      console.warn("the line could not be asked in a tail's place:", error);
    }
  }

  async #poll(): Promise<void> {
    const { path } = this.#tail;
    const answer = await this.#documents.live(path, this.#last?.tag ?? null, this.#ending.signal);
    if (answer !== null) this.#last = answer;
    if (this.#last === null || this.isClosed) return;
    const { live } = this.#last;
    this.#pollMs = live.poll_ms;
    this.#changes.catchUp(this.#reader.rev());
    await this.#readPages(path, live);
    this.#ending.signal.throwIfAborted();
    if (!this.#changes.lacks(live)) this.#tell(live);
    this.#reader.onMessages(this.#changes.current(live) ?? []);
    this.#reader.onReached(live.last_seq);
  }

  /** The changes before those that a poll tells of. */
  async #readPages(path: string, live: TailLive): Promise<void> {
    for (let pages = 0; this.#changes.lacks(live); pages++) {
      if (pages === MAX_PAGES) {
        this.#reader.catchUp();
        return;
      }
      const before = this.#changes.rev;
      this.#tell(await this.#documents.changes(path, this.#changes.nextPage, this.#ending.signal));
      if (this.#changes.rev === before) return; // still being stored, or a cache is behind
    }
  }

  #tell(told: TailLive | TailChanges): void {
    const news = this.#changes.learn(told);
    this.#reader.onChanged(news, this.#changes.rev);
  }

  #pauseMs(): number {
    if (this.isHealthy) return this.#pollMs * (1 + JITTER * (2 * this.#random() - 1));
    return this.#pollMs + fullJitter(this.#failures, this.#random, { firstMs: this.#pollMs, mostMs: MOST_PAUSE_MS });
  }
}
