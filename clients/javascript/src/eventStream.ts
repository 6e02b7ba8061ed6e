/**
 * One room's events over HTTP: asks for what comes behind a position, and when the answer ends, for what comes behind that.
 *
 * The server holds a request for up to 20 s while there is nothing. An event's id is the position behind it, so an
 * answer that breaks off in its middle loses nothing, and nothing comes twice. Knows no commands.
 */

import { createParser, type EventSourceParser } from "eventsource-parser";

import { fullJitter, type Window } from "./backoff.ts";
import { RequestFailed } from "./errors.ts";
import { isEvent, type ServerEvent, type ServerFrame } from "./frames.ts";
import { readFrames } from "./line.ts";

/** The server's 20 s, a cold start and a slow network. */
export const ANSWER_TIMEOUT_MS = 40_000;
/** Requests in a row that nothing answers before nobody is taken to be there. */
export const MAX_UNANSWERED = 3;
/** Between two requests, until the server has said how long; however short that is, there is some pause. */
const DEFAULT_PAUSE_MS = 250;
const LEAST_PAUSE_MS = 50;
const FAILURE_WINDOW: Window = { firstMs: 1_000, mostMs: 30_000 };

/**
 * The text of one answer, part by part: what comes behind `place`, which is `ROOM:SEQ:REV`, or behind the last event's
 * id where there was one. Rejects with `RequestFailed`.
 */
export type ReadEvents = (place: string, lastEventId: string | null, signal: AbortSignal) => AsyncIterable<string>;

export interface EventStreamOptions {
  readonly place: string;
  readonly read: ReadEvents;
  readonly random: () => number;
  readonly onEvent: (event: ServerEvent) => void;
  /** Called once, with status 0 where nobody is there, else with what the server refuses this stream for. */
  readonly onFailed: (error: RequestFailed) => void;
}

export class EventStream {
  readonly #options: EventStreamOptions;
  /** Of the request on its way. */
  #request = new AbortController();
  #isClosed = false;
  #lastEventId: string | null = null;
  #pauseMs = DEFAULT_PAUSE_MS;
  #failures = 0;
  #unanswered = 0;
  #pauseTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    void this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#pauseTimer);
    this.#request.abort();
  }

  async #ask(): Promise<void> {
    try {
      await this.#read();
      this.#failures = this.#unanswered = 0;
      this.#askIn(this.#pauseMs);
    } catch (error) {
      if (error instanceof RequestFailed) this.#failed(error);
      else {
        // Whoever was told of an event could not bear it: the next one may be better.
        this.#askIn(this.#pauseMs);
        throw error;
      }
    }
  }

  /** One request and its whole answer. */
  async #read(): Promise<void> {
    const { read, place } = this.#options;
    const request = (this.#request = new AbortController());
    const timer = setTimeout(() => {
      request.abort();
    }, ANSWER_TIMEOUT_MS);
    const parser = this.#parser();
    try {
      for await (const part of read(place, this.#lastEventId, request.signal)) parser.feed(part);
    } finally {
      clearTimeout(timer);
    }
  }

  #parser(): EventSourceParser {
    return createParser({
      onId: (id) => {
        if (!this.#isClosed) this.#lastEventId = id;
      },
      onEvent: ({ data }) => {
        for (const frame of readFrames(data)) this.#dispatch(frame);
      },
      onRetry: (pauseMs) => {
        this.#pauseMs = Math.max(LEAST_PAUSE_MS, pauseMs);
      },
    });
  }

  #dispatch(frame: ServerFrame): void {
    if (this.#isClosed || !isEvent(frame)) return;
    this.#options.onEvent(frame);
  }

  #failed(error: RequestFailed): void {
    if (this.#isClosed) return;
    this.#unanswered = error.status === 0 ? this.#unanswered + 1 : 0;
    if (error.temporary && this.#unanswered < MAX_UNANSWERED) {
      const askedMs = error.retryAfterMs ?? 0;
      this.#askIn(askedMs + fullJitter(this.#failures++, this.#options.random, FAILURE_WINDOW));
      return;
    }
    this.close();
    this.#options.onFailed(error);
  }

  #askIn(delayMs: number): void {
    if (!this.#isClosed) this.#pauseTimer = setTimeout(() => void this.#ask(), delayMs);
  }
}
