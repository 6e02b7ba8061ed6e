/**
 * How far this user has read each room, told to the server so that their other devices know.
 *
 * What is seen within a moment is told at once; what could not be told is told when the line is back.
 */

import type { Connection } from "@agent-chat/client/connection";
import { ChatError } from "@agent-chat/client/errors";

/** Somebody who scrolls through messages, or gets many, tells of the last one only. */
export const TELL_AFTER_MS = 1_000;

export class Reading {
  readonly #connection: Pick<Connection, "request" | "online">;
  /** The highest number of each room that was seen and is not yet told. */
  readonly #untold = new Map<string, number>();
  readonly #told = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Pick<Connection, "request" | "online">) {
    this.#connection = connection;
  }

  /** Everything in the room up to `seq` has been on screen. */
  see(room: string, seq: number): void {
    if (seq <= Math.max(this.#untold.get(room) ?? 0, this.#told.get(room) ?? 0)) return;
    this.#untold.set(room, seq);
    this.#timer ??= setTimeout(() => {
      this.tell();
    }, TELL_AFTER_MS);
  }

  /** The server knows already that the room was read up to `seq`. */
  known(room: string, seq: number): void {
    this.#told.set(room, Math.max(seq, this.#told.get(room) ?? 0));
    if ((this.#untold.get(room) ?? 0) <= seq) this.#untold.delete(room);
  }

  /** Tells what is untold; to be called when the line is back. */
  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#connection.online) return;
    for (const [room, seq] of this.#untold) {
      this.#connection.request("read", { room, seq }).then(
        () => {
          this.known(room, seq);
        },
        (error: unknown) => {
          if (error instanceof ChatError && error.temporary) return; // with the next one, or when the line is back
          console.warn(`read ${room}:`, error);
          this.known(room, seq);
        },
      );
    }
  }

  /** Tells nothing more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
