/**
 * A room as what is said in it, one after the other: by the room's numbers, each once, without a hole.
 *
 * What is missing is waited for: the room (`room.ts`) fetches holes and what was missed while the line was down, and pages
 * of history are read where more was missed than it holds. Reads no faster than it is asked to.
 */

import { fullJitter } from "./backoff.ts";
import { ConnectionLost } from "./errors.ts";
import type { Message } from "./frames.ts";
import type { RoomLog } from "./log.ts";
import { lastOf } from "./numbers.ts";
import type { OpenRoom } from "./room.ts";

/** Messages that were read and stay in memory, for what becomes of them; beyond twice as many they are let go. */
const KEPT = 500;

export interface FeedStart {
  /** Begins with so many of the newest numbers; with 0, the default, with what is said next. */
  readonly recent?: number;
  /** Begins behind this number instead: where an earlier feed ended. */
  readonly after?: number;
}

export interface FeedOptions extends FeedStart {
  /** Ends the feed; with an error as its reason, by throwing that. */
  readonly signal: AbortSignal;
  /** Whether nobody else reads the room's log. */
  readonly isAlone: () => boolean;
}

/** Throws what the room is refused with: a `ChatError`. */
export async function* feedOf(room: OpenRoom, options: FeedOptions): AsyncGenerator<Message, void, undefined> {
  let cursor = options.after ?? null;
  for (let failures = 0; ; ) {
    if (options.signal.aborted) {
      throwIfFailed(options.signal);
      return;
    }
    const { phase, failure, log, older, fillFailed } = room.view.get();
    if (phase === "refused") throw failure ?? new ConnectionLost();
    if (phase === "ready") {
      cursor ??= Math.max(0, log.lastSeq - (options.recent ?? 0));
      // A stage that was restored from a backup goes on from where that was made.
      cursor = Math.min(cursor, log.lastSeq);
      const next = nextOf(log, cursor);
      if (next !== null) {
        failures = 0;
        cursor = lastOf(next);
        if (options.isAlone() && log.messages.length > 2 * KEPT) room.forget(cursor - KEPT);
        if (next.kind !== "void") yield next;
        continue;
      }
      const isBehind = isMissing(log, cursor);
      if (isBehind && older === "idle") {
        await room.loadOlder();
        continue;
      }
      if ((isBehind && older === "failed") || fillFailed) {
        await pause(fullJitter(failures++, Math.random), options.signal);
        if (fillFailed) room.refill();
        if (isBehind) await room.loadOlder();
        continue;
      }
    }
    await changeOf(room, options.signal);
  }
}

/** The message that follows the cursor, where it is here and nothing is missing before it. */
function nextOf(log: RoomLog, cursor: number): Message | null {
  const index = log.indexBehind(cursor);
  const [before, next] = [log.messages[index - 1], log.messages[index]];
  // The cursor may stand amid numbers that nobody was given.
  const from = before === undefined ? cursor : Math.max(cursor, lastOf(before));
  return next?.seq === from + 1 ? next : null;
}

/** Whether what follows the cursor is history that was not read yet. */
function isMissing(log: RoomLog, cursor: number): boolean {
  return !log.complete && log.lastSeq > cursor && (log.oldest ?? Infinity) > cursor + 1;
}

function throwIfFailed({ reason }: AbortSignal): void {
  if (reason instanceof Error && reason.name !== "AbortError") throw reason;
}

function changeOf(room: OpenRoom, signal: AbortSignal): Promise<void> {
  return until(room.view.subscribe, signal);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return until((done) => {
    const timer = setTimeout(done, ms);
    return () => {
      clearTimeout(timer);
    };
  }, signal);
}

/** Settles when `begin` calls back or the signal aborts; what `begin` answers is called then. */
function until(begin: (done: () => void) => () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      end();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const end = begin(done);
    signal.addEventListener("abort", done);
  });
}
