/**
 * One way to the server from its opening to its end: commands go out on it, replies and events come in.
 *
 * There are two: a socket, and where none can be opened, requests over HTTP. Whoever uses one need not know which.
 */

import type { CommandRefused } from "./errors.ts";
import { type Action, type Commands, readFrame, type Results, type ServerEvent, type ServerFrame, splitFrames } from "./frames.ts";
import { ShapeError } from "./shape.ts";

/** Longer than a cold start, shorter than a person's patience. */
export const REPLY_TIMEOUT_MS = 15_000;

export interface RequestOptions {
  /** The command's id; a new one where none is given. */
  readonly id?: string;
  readonly timeoutMs?: number;
}

export interface Line {
  /** Settles once: when commands can be sent, or rejects with `ConnectionLost` when they will not be. */
  readonly opened: Promise<void>;
  /** Sends one command. Rejects with `ConnectionLost`, `CommandRefused`, `ReplyTimeout` or `ShapeError`. */
  request<A extends Action>(action: A, command: Commands[A], options?: RequestOptions): Promise<Results[A]>;
  /** Ends it now; what is unanswered is rejected. */
  close(): void;
  /** Ends it as soon as everything that was asked on it is answered. */
  retire(): void;
}

/**
 * `closed`: by its user; `lost`: it went away by itself, or was given up as dead; `refused`: the session is no longer
 * accepted.
 */
export type Ending = "closed" | "lost" | "refused";

export interface LineOptions {
  readonly onEvent: (event: ServerEvent) => void;
  /** The server lets this user follow the room no longer. A socket says it by an event, so it never calls this. */
  readonly onExcluded: (room: string, refusal: CommandRefused) => void;
  /** Called once, before anyone who waits for a reply is told. */
  readonly onClosed: (how: Ending) => void;
}

/** The frames in a text. What cannot be read is passed over with a word to the console, and takes no other with it. */
export function readFrames(source: string): ServerFrame[] {
  const values = attempt(() => splitFrames(source)) ?? [];
  return values.map((value) => attempt(() => readFrame(value))).filter((frame) => frame !== null);
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    console.error("a frame that cannot be read was passed over:", error.message);
    return null;
  }
}
