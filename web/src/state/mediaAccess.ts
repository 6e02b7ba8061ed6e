/**
 * Access to the images of rooms: cookies that the server gives to members for five minutes, renewed while an image of
 * the room is on screen. A room without images is never asked about.
 */

import { fullJitter } from "@agent-chat/client/backoff";
import { ChatError, RequestFailed } from "@agent-chat/client/errors";
import { Store } from "@agent-chat/client/store";

/** Renewed this long after it was given: a timer of a page in the background may be a minute late. */
export const RENEW_MS = 200_000;
/** An image that fails has its room asked about again, but not more often than this. */
export const AGAIN_MS = 10_000;

interface Held {
  /** Images of the room on screen. */
  images: number;
  attempt: number;
  askedAtMs: number;
  asking: Promise<void> | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class MediaAccess {
  /** Rooms whose images load. One that was refused, or is not asked about yet, is not among them. */
  readonly granted = new Store<ReadonlySet<string>>(new Set());

  readonly #ask: (room: string) => Promise<void>;
  readonly #held = new Map<string, Held>();

  /** `ask` has the browser given the room's cookies; it rejects where the server gives none. */
  constructor(ask: (room: string) => Promise<void>) {
    this.#ask = ask;
  }

  /** An image of the room is on screen; the answer ends that. What was given stays good until it would be renewed. */
  hold(room: string): () => void {
    const known = this.#held.get(room);
    const held = known ?? { images: 0, attempt: 0, askedAtMs: 0, asking: null, timer: undefined };
    held.images++;
    if (known === undefined) {
      this.#held.set(room, held);
      void this.#renew(room, held);
    }
    return () => {
      held.images--;
    };
  }

  /** An image of the room did not load: settles once it is worth another try, or is not. */
  async mend(room: string): Promise<void> {
    const held = this.#held.get(room);
    if (held !== undefined && Date.now() - held.askedAtMs >= AGAIN_MS) await this.#renew(room, held);
  }

  stop(): void {
    for (const held of this.#held.values()) clearTimeout(held.timer);
    this.#held.clear();
    this.granted.set(new Set());
  }

  #renew(room: string, held: Held): Promise<void> {
    held.asking ??= this.#attempt(room, held).finally(() => {
      held.asking = null;
    });
    return held.asking;
  }

  async #attempt(room: string, held: Held): Promise<void> {
    clearTimeout(held.timer);
    held.askedAtMs = Date.now();
    try {
      await this.#ask(room);
      held.attempt = 0;
      if (this.#held.get(room) !== held) return;
      this.granted.update((rooms) => new Set([...rooms, room]));
      this.#renewIn(RENEW_MS, room, held);
    } catch (error) {
      this.#failed(error, room, held);
    }
  }

  /** What may pass is asked again; whoever is not in the room sees nothing more of it. */
  #failed(error: unknown, room: string, held: Held): void {
    if (!(error instanceof ChatError)) throw error;
    if (this.#held.get(room) !== held) return;
    const asked = error instanceof RequestFailed ? (error.retryAfterMs ?? 0) : 0;
    if (error.temporary) this.#renewIn(asked + fullJitter(held.attempt++, Math.random), room, held);
    else this.#withdraw(room);
  }

  #renewIn(delayMs: number, room: string, held: Held): void {
    held.timer = setTimeout(() => {
      if (held.images > 0) void this.#renew(room, held);
      else this.#withdraw(room);
    }, delayMs);
  }

  #withdraw(room: string): void {
    this.#held.delete(room);
    this.granted.update((rooms) => (rooms.has(room) ? new Set([...rooms].filter((each) => each !== room)) : rooms));
  }
}

/** The room that an address such as `/media/ROOM/…` belongs to. */
export function roomOf(url: string): string {
  return url.split("/")[2] ?? "";
}
